//! Keeping native libraries from calling home.

/// Variable that ONNX Runtime's own telemetry obeys. Version 1.31.1 reads it while the library is loaded: what
/// its interface offers (`with_telemetry(false)`) comes after its first connection.
const SWITCH: &str = "ORT_DISABLE_TELEMETRY";

/// Switches the telemetry of native libraries off in this process and in the children it starts.
///
/// A program calls this first in `main`, while it has one thread; the loading of the library calls it again
/// for programs that did not.
#[expect(
    unsafe_code,
    clippy::disallowed_methods,
    reason = "the environment is the library's only switch that works"
)]
pub fn switch_off_telemetry() {
    if std::env::var_os(SWITCH).is_some_and(|value| value == "1") {
        return;
    }
    // SAFETY: Rust's own reads of the environment are locked against this. Reads by C code on another thread
    // are not; a program that called this in `main` does not come here again.
    unsafe { std::env::set_var(SWITCH, "1") };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_is_set_and_children_inherit_it() {
        switch_off_telemetry();
        switch_off_telemetry();
        assert_eq!(std::env::var(SWITCH).as_deref(), Ok("1"));
        #[cfg(unix)]
        {
            let output = std::process::Command::new("sh")
                .args(["-c", "echo $ORT_DISABLE_TELEMETRY"])
                .output();
            assert_eq!(output.unwrap().stdout, b"1\n");
        }
    }
}
