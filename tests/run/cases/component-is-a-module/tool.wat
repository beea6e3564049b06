(module (func (export "measure") (param i32) (result i32) local.get 0))
