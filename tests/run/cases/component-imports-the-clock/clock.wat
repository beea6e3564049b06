(component
  (import "wasi:clocks/wall-clock@0.2.3" (instance $clock
    (type $t (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type $datetime (eq $t)))
    (export "now" (func (result $datetime)))))
  (core module $mem (memory (export "memory") 1))
  (core instance $mem (instantiate $mem))
  (alias core export $mem "memory" (core memory $memory))
  (core func $now (canon lower (func $clock "now") (memory $memory)))
  (core module $m
    (import "host" "now" (func $now (param i32)))
    (import "mem" "memory" (memory 1))
    (func (export "run") (result i64) (call $now (i32.const 16)) (i64.load (i32.const 16))))
  (core instance $i (instantiate $m (with "host" (instance (export "now" (func $now)))) (with "mem" (instance $mem))))
  (func (export "run") (result u64) (canon lift (core func $i "run"))))
