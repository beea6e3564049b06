//! A guest that sends one GET request with one header, in terms of the canonical ABI: built by `tests/net.rs` with
//! nothing but `rustc`. It answers `STATUS BODY`, or `error N` with the number of the error code.

#![allow(unsafe_code, missing_docs)]

type Text = (*const u8, usize);

#[link(wasm_import_module = "wasi:http/types@0.2.0")]
unsafe extern "C" {
    #[link_name = "[constructor]fields"]
    fn fields() -> u32;
    #[link_name = "[method]fields.append"]
    fn append(fields: u32, name: *const u8, name_len: usize, value: *const u8, value_len: usize, result: *mut u8);
    #[link_name = "[constructor]outgoing-request"]
    fn outgoing_request(fields: u32) -> u32;
    #[link_name = "[method]outgoing-request.set-scheme"]
    fn set_scheme(request: u32, some: u32, scheme: u32, text: *const u8, len: usize) -> u32;
    #[link_name = "[method]outgoing-request.set-authority"]
    fn set_authority(request: u32, some: u32, text: *const u8, len: usize) -> u32;
    #[link_name = "[method]outgoing-request.set-path-with-query"]
    fn set_path(request: u32, some: u32, text: *const u8, len: usize) -> u32;
    #[link_name = "[method]future-incoming-response.subscribe"]
    fn subscribe(future: u32) -> u32;
    #[link_name = "[method]future-incoming-response.get"]
    fn get_response(future: u32, result: *mut u8);
    #[link_name = "[method]incoming-response.status"]
    fn status(response: u32) -> u32;
    #[link_name = "[method]incoming-response.consume"]
    fn consume(response: u32, result: *mut u8);
    #[link_name = "[method]incoming-body.stream"]
    fn stream(body: u32, result: *mut u8);
}

#[link(wasm_import_module = "wasi:http/outgoing-handler@0.2.0")]
unsafe extern "C" {
    fn handle(request: u32, some: u32, options: u32, result: *mut u8);
}

#[link(wasm_import_module = "wasi:io/poll@0.2.0")]
unsafe extern "C" {
    #[link_name = "[method]pollable.block"]
    fn block(pollable: u32);
}

#[link(wasm_import_module = "wasi:io/streams@0.2.0")]
unsafe extern "C" {
    #[link_name = "[method]input-stream.blocking-read"]
    fn blocking_read(stream: u32, len: u64, result: *mut u8);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, len: usize) -> *mut u8 {
    let layout = |len| unsafe { std::alloc::Layout::from_size_align_unchecked(len, align) };
    match (old_len, len) {
        (0, 0) => align as *mut u8,
        (0, len) => unsafe { std::alloc::alloc(layout(len)) },
        (old_len, len) => unsafe { std::alloc::realloc(old, layout(old_len), len) },
    }
}

/// Where results are returned.
#[repr(align(8))]
struct Area([u8; 128]);

impl Area {
    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }
}

unsafe fn run(plain: u32, authority: Text, path: Text, header: Text) -> String {
    let mut area = Area([0; 128]);
    unsafe {
        let headers = fields();
        if header.1 > 0 {
            append(headers, b"authorization".as_ptr(), 13, header.0, header.1, area.0.as_mut_ptr());
        }
        let request = outgoing_request(headers);
        set_scheme(request, 1, if plain == 0 { 1 } else { 0 }, std::ptr::null(), 0);
        if set_authority(request, 1, authority.0, authority.1) != 0 || set_path(request, 1, path.0, path.1) != 0 {
            return "refused by the types".to_owned();
        }
        handle(request, 0, 0, area.0.as_mut_ptr());
        if area.0[0] != 0 {
            return format!("error {}", area.0[8]);
        }
        let future = area.word(8);
        block(subscribe(future));
        get_response(future, area.0.as_mut_ptr());
        if area.0[16] != 0 {
            return format!("error {}", area.0[24]);
        }
        let response = area.word(24);
        let mut text = format!("{} ", status(response));
        consume(response, area.0.as_mut_ptr());
        stream(area.word(4), area.0.as_mut_ptr());
        let input = area.word(4);
        loop {
            blocking_read(input, 65_536, area.0.as_mut_ptr());
            if area.0[0] != 0 {
                return if area.0[4] == 1 { text } else { text + "(broken)" };
            }
            let (at, len) = (area.word(4) as *mut u8, area.word(8) as usize);
            if len > 0 {
                let part = Vec::from_raw_parts(at, len, len);
                text.push_str(&String::from_utf8_lossy(&part));
            }
            // Enough to see what it is.
            text.truncate(8_192);
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn get(
    plain: u32,
    authority: *const u8,
    authority_len: usize,
    path: *const u8,
    path_len: usize,
    header: *const u8,
    header_len: usize,
) -> *const Text {
    let text = unsafe { run(plain, (authority, authority_len), (path, path_len), (header, header_len)) };
    let text: &'static str = text.leak();
    Box::leak(Box::new((text.as_ptr(), text.len())))
}
