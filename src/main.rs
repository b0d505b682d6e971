//! The program `eafo`; everything is in the library.

fn main() -> std::process::ExitCode {
    eafo::main_with(std::env::args_os())
}
