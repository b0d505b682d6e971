//! The program `eafo`; everything is in the library.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // Unlicensed, symbolica greets on stdout, where results go; it looks for this variable at its first use.
    // SAFETY: no other thread runs yet.
    unsafe { std::env::set_var("SYMBOLICA_HIDE_BANNER", "1") };
    eafo::main_with(std::env::args_os())
}
