;; Between the engine's glue and the prebuilt runtime: a library like them, linked with them.
;;
;; The runtime calls a function and runs none of the work that it leaves in the queue, and asks a host for modules. Here a
;; call runs the queue, and modules are what the block was given. Nothing here knows what a block is; that is prelude.js.
(module
  (@dylink.0 (mem-info))
  (import "env" "memory" (memory 0))
  (import "env" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "env" "wit_dylib_export_start" (func $begin (param i32) (result i32)))
  (import "env" "wit_dylib_export_call" (func $call (param i32 i32)))
  (import "env" "wit_dylib_export_async_call" (func $run_queue (param i32 i32) (result i32)))
  (import "env" "wb-load" (func $load (param i32 i32 i32 i32) (result i32)))

  ;; What was defined last: (the one before, key, its length, value, its length), or 0.
  (global $defined (mut i32) (i32.const 0))

  ;; A call, in place of the runtime's own. The first half begins it; then everything that is ready runs, until nothing is
  ;; left; the second half has the outcome. It is given what the first one returned.
  (func (export "wb_export_call") (param $call i32) (param $function i32)
    (call $call (local.get $call) (local.get $function))
    (drop (call $run_queue (call $begin (local.get $function)) (local.get $function)))
    (call $call (local.get $call) (local.get $function)))

  ;; `init` of the world `interpreter`, for an engine that was started before. What it is given besides, an entry path and a
  ;; setting of the garbage collector, was decided then.
  (func (export "wb-init") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $load (local.get 0) (local.get 1) (local.get 2) (local.get 3)))

  (func $allocate (param $bytes i32) (result i32)
    (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (local.get $bytes)))

  (func $copy (param $text i32) (param $length i32) (result i32)
    (local $to i32)
    (local.set $to (call $allocate (i32.add (local.get $length) (i32.const 1))))
    (memory.copy (local.get $to) (local.get $text) (local.get $length))
    (local.get $to))

  ;; `define` of wb:engine/modules.
  (func (export "wb_define") (param $key i32) (param $key_length i32) (param $value i32) (param $value_length i32)
    (local $entry i32)
    (local.set $entry (call $allocate (i32.const 20)))
    (i32.store (local.get $entry) (global.get $defined))
    (i32.store offset=4 (local.get $entry) (call $copy (local.get $key) (local.get $key_length)))
    (i32.store offset=8 (local.get $entry) (local.get $key_length))
    (i32.store offset=12 (local.get $entry) (call $copy (local.get $value) (local.get $value_length)))
    (i32.store offset=16 (local.get $entry) (local.get $value_length))
    (global.set $defined (local.get $entry)))

  (func $same (param $a i32) (param $b i32) (param $length i32) (result i32)
    (local $at i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (if (i32.ne
              (i32.load8_u (i32.add (local.get $a) (local.get $at)))
              (i32.load8_u (i32.add (local.get $b) (local.get $at))))
          (then (return (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.const 1))

  ;; The entry with a key, or 0.
  (func $find (param $key i32) (param $length i32) (result i32)
    (local $entry i32)
    (local.set $entry (global.get $defined))
    (block $none
      (loop $next
        (br_if $none (i32.eqz (local.get $entry)))
        (if (i32.eq (i32.load offset=8 (local.get $entry)) (local.get $length))
          (then
            (if (call $same (i32.load offset=4 (local.get $entry)) (local.get $key) (local.get $length))
              (then (return (local.get $entry))))))
        (local.set $entry (i32.load (local.get $entry)))
        (br $next)))
    (i32.const 0))

  ;; Writes `ok` with a copy of a text, which the caller may free.
  (func $answer (param $to i32) (param $text i32) (param $length i32)
    (i32.store (local.get $to) (i32.const 0))
    (i32.store offset=4 (local.get $to) (call $copy (local.get $text) (local.get $length)))
    (i32.store offset=8 (local.get $to) (local.get $length)))

  ;; What a module calls another: what is defined for `module newline name`. A name for which nothing is defined stays as it
  ;; is: so a script can import itself, which is how its exports are listed; whatever else it names then fails to load.
  (func (export "deny local:init/module-loader/resolve")
    (param $from i32) (param $from_length i32) (param $name i32) (param $name_length i32) (param $to i32)
    (local $key i32)
    (local $length i32)
    (local $entry i32)
    (local.set $length (i32.add (i32.add (local.get $from_length) (local.get $name_length)) (i32.const 1)))
    (local.set $key (call $allocate (local.get $length)))
    (memory.copy (local.get $key) (local.get $from) (local.get $from_length))
    (i32.store8 (i32.add (local.get $key) (local.get $from_length)) (i32.const 10))
    (memory.copy
      (i32.add (i32.add (local.get $key) (local.get $from_length)) (i32.const 1))
      (local.get $name)
      (local.get $name_length))
    (local.set $entry (call $find (local.get $key) (local.get $length)))
    (if (local.get $entry)
      (then
        (call $answer
          (local.get $to)
          (i32.load offset=12 (local.get $entry))
          (i32.load offset=16 (local.get $entry))))
      (else (call $answer (local.get $to) (local.get $name) (local.get $name_length)))))

  ;; The source of a module, or an error without words.
  (func (export "deny local:init/module-loader/load") (param $name i32) (param $length i32) (param $to i32)
    (local $entry i32)
    (local.set $entry (call $find (local.get $name) (local.get $length)))
    (if (local.get $entry)
      (then
        (call $answer
          (local.get $to)
          (i32.load offset=12 (local.get $entry))
          (i32.load offset=16 (local.get $entry))))
      (else
        (i32.store (local.get $to) (i32.const 1))
        (i32.store offset=4 (local.get $to) (i32.const 0))
        (i32.store offset=8 (local.get $to) (i32.const 0))))))
