//! The command `swath`: what is typed becomes a job of the library. Only this binary prints.
#![deny(unsafe_code)]

mod cli;

fn main() -> std::process::ExitCode {
    quiet_device_selection();
    cli::main()
}

/// Mesa's device-selection layer asks Wayland for the display's device and complains on stderr where there is none. A
/// program without a display has no use for it and chooses its adapter itself, unless the user steers the layer.
#[allow(unsafe_code, reason = "setting a variable is sound while there is one thread, and this is the first statement of the program")]
fn quiet_device_selection() {
    if std::env::var_os("MESA_VK_DEVICE_SELECT").is_none() {
        // SAFETY: no other thread exists yet that could read the environment meanwhile.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
