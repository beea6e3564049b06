(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "measure") (param i32 i32) (result i32) local.get 1)
    (func (export "twice") (param i32) (result i32) local.get 0 local.get 0 i32.add))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (func (export "measure") (param "text" string) (result u32)
    (canon lift (core func $i "measure") (memory $memory) (realloc (func $i "realloc"))))
  (func (export "twice") (param "n" u32) (result u32) (canon lift (core func $i "twice"))))
