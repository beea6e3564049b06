(component
  (import "wasi:sockets/instance-network@0.2.3" (instance $net
    (export "network" (type $network (sub resource)))
    (export "instance-network" (func (result (own $network))))))
  (core func $get (canon lower (func $net "instance-network")))
  (core module $m
    (import "host" "get" (func $get (result i32)))
    (func (export "run") (result i32) (call $get)))
  (core instance $i (instantiate $m (with "host" (instance (export "get" (func $get))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
