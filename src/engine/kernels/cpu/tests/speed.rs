//! Times, on demand: `cargo test --release kernels::cpu::tests::speed -- --ignored --nocapture`.

use std::time::Instant;

use super::*;
use crate::engine::kernels;

/// Seconds this thread has run: other programs on the machine do not count.
fn cpu_time() -> Option<f64> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(line.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// Milliseconds of one run: of this thread's time with one thread, else by the clock.
fn time(name: &str, run: impl Fn() -> Result<Tensor>) {
    run().unwrap();
    let started = Instant::now();
    let now = || match rayon::current_num_threads() {
        1 => cpu_time().unwrap(),
        _ => started.elapsed().as_secs_f64(),
    };
    let (mut best, mut spent) = (f64::INFINITY, 0.0);
    while spent < 0.6 {
        let (mut turns, start) = (0, now());
        while turns == 0 || now() - start < 0.03 {
            run().unwrap();
            turns += 1;
        }
        spent += now() - start;
        best = best.min((now() - start) / f64::from(turns));
    }
    eprintln!("{name:<34} {:9.3}", best * 1e3);
}

#[test]
#[ignore = "takes a minute and proves nothing"]
fn table() {
    let threads = std::env::var("THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(2);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        for [n, c, o, k, s, hw] in [
            [8, 96, 96, 3, 1, 32],
            [8, 128, 128, 3, 1, 16],
            [8, 160, 160, 3, 1, 8],
            [8, 320, 160, 3, 1, 8],
            [8, 96, 96, 3, 2, 32],
            [8, 224, 128, 1, 1, 16],
            [8, 4, 96, 3, 1, 32],
            [1, 96, 96, 3, 1, 128],
            [1, 64, 64, 3, 1, 256],
            [1, 32, 32, 3, 1, 256],
            [1, 32, 3, 3, 1, 256],
            [1, 320, 320, 3, 1, 64],
            [2, 1280, 1280, 3, 1, 8],
        ] {
            let (x, w, b) = (noise(1, (n, c, hw, hw)), noise(2, (o, c, k, k)), noise(3, o));
            time(&format!("conv {n}x{c}>{o} {k}/{s} {hw}"), || {
                kernels::conv2d(&x, &w, Some(&b), s, k / 2)
            });
        }
        for [b, n, i, o] in [
            [8, 256, 128, 128],
            [8, 64, 160, 1280],
            [8, 48, 320, 128],
            [1, 4096, 320, 320],
            [8, 1, 384, 384],
        ] {
            let (x, w, bias) = (noise(1, (b, n, i)), noise(2, (o, i)), noise(3, o));
            time(&format!("linear {b}x{n} {i}>{o}"), || kernels::linear(&x, &w, Some(&bias)));
        }
        for [b, n, m, h, d] in [
            [8, 256, 256, 4, 32],
            [8, 256, 48, 4, 32],
            [8, 64, 64, 5, 32],
            [1, 1024, 1024, 1, 96],
            [1, 1024, 1024, 8, 40],
            [1, 4096, 4096, 2, 64],
        ] {
            let (q, k) = (noise(1, (b, n, h * d)), noise(2, (b, m, h * d)));
            let own: Vec<_> = (0..b).map(|row| vec![KeySource::own(row)]).collect();
            time(&format!("attention {b}x{n}x{m} {h}x{d}"), || {
                kernels::attention(&q, &k, &k, h, &own)
            });
        }
        for [n, c, hw] in [[8, 96, 32], [8, 128, 16], [1, 64, 256], [1, 320, 64]] {
            let (x, w) = (noise(1, (n, c, hw, hw)), noise(2, c));
            time(&format!("group_norm+silu {n}x{c} {hw}"), || {
                kernels::group_norm(&x, 32, &w, &w, 1e-5, true, None)
            });
            time(&format!("upsample {n}x{c} {hw}"), || {
                kernels::upsample_nearest(&x, 2 * hw, 2 * hw)
            });
        }
        for [b, n, c] in [[8, 256, 128], [2, 4096, 320]] {
            let (x, w) = (noise(1, (b, n, c)), noise(2, c));
            time(&format!("layer_norm {b}x{n}x{c}"), || kernels::layer_norm(&x, &w, &w, 1e-5));
            let wide = noise(3, (b, n, 8 * c));
            time(&format!("geglu {b}x{n}x{}", 8 * c), || kernels::geglu(&wide));
            time(&format!("silu {b}x{n}x{c}"), || kernels::silu(&x));
            let anchors: Vec<StatAnchors> = (0..b).map(|row| vec![(row / 4 * 4, 1.0)]).collect();
            time(&format!("adain {b}x{n}x{c}"), || kernels::adain(&x, &anchors));
        }
    });
}
