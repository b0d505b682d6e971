//! Reads sample files and prints wall seconds, CPU seconds and peak memory in kB: the program that
//! `benches/side_by_side_samples.py` times.

use eafo::{Reading, read_all_samples};
use std::time::Instant;

fn main() -> eafo::Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let start = Instant::now();
    let samples = read_all_samples(&paths, &Reading::default())?;
    let wall = start.elapsed().as_secs_f64();
    let of = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    // User and system time in ticks of 1/100 s.
    let stat = of("/proc/self/stat");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |i: usize| after_name.split_whitespace().nth(i).and_then(|t| t.parse::<f64>().ok()).unwrap_or(f64::NAN);
    let status = of("/proc/self/status");
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0").trim().trim_end_matches(" kB");
    println!("{wall} {} {peak}", (ticks(11) + ticks(12)) / 100.0);
    for sample in samples {
        println!("{} {} {:?}", sample.name, sample.count(), sample.moments.mean());
    }
    Ok(())
}
