(component
  (import "acme:secret/door@1.0.0" (instance $d (export "open" (func (result u32)))))
  (core func $open (canon lower (func $d "open")))
  (core module $m (import "h" "open" (func $o (result i32))) (func (export "run") (result i32) call $o))
  (core instance $i (instantiate $m (with "h" (instance (export "open" (func $open))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
