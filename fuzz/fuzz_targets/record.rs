#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kinora_fuzz::Target::Record.feed(bytes));
