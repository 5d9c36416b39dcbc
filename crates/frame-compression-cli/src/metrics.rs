//! How far a picture is from its reference.

use serde::Serialize;

/// Figures of one picture against another, over all samples of R, G and B.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Metrics {
    /// Peak signal-to-noise ratio in dB; nothing where the pictures are equal (it is infinite).
    pub(crate) psnr_db: Option<f64>,
    /// Structural similarity; nothing where a side is below the window's 11 pixels.
    pub(crate) ssim: Option<f64>,
    /// Mean absolute error, in steps of 8-bit samples.
    pub(crate) mean_absolute_error: f64,
}

impl Metrics {
    /// Compares two packed RGB pictures of a size.
    pub(crate) fn new(reference: &[u8], picture: &[u8], width: usize, height: usize) -> Self {
        assert_eq!((reference.len(), picture.len()), (width * height * 3, width * height * 3));
        let (mut absolute, mut squared) = (0u64, 0u64);
        for (&a, &b) in reference.iter().zip(picture) {
            let difference = u64::from(a.abs_diff(b));
            absolute += difference;
            squared += difference * difference;
        }
        let samples = reference.len() as f64;
        Self {
            psnr_db: (squared > 0).then(|| 10.0 * (255.0 * 255.0 * samples / squared as f64).log10()),
            ssim: ssim(reference, picture, width, height),
            mean_absolute_error: absolute as f64 / samples,
        }
    }
}

/// Samples across and down the window of SSIM.
const WINDOW: usize = 11;
/// Standard deviation of the window's weights.
const SIGMA: f64 = 1.5;
/// `(K1 L)^2` and `(K2 L)^2` with K1 = 0.01, K2 = 0.03, L = 255.
const C1: f64 = 6.5025;
const C2: f64 = 58.5225;

/// The sums that SSIM needs of a window, weighted: x, y, x^2, y^2, xy.
type Moments = [f64; 5];

/// Structural similarity of Wang, Bovik, Sheikh and Simoncelli (2004), for each channel by itself and then
/// averaged: 11x11 Gaussian windows that lie wholly in the picture. This is scikit-image's
/// `structural_similarity(.., gaussian_weights=True, use_sample_covariance=False, data_range=255)`.
fn ssim(reference: &[u8], picture: &[u8], width: usize, height: usize) -> Option<f64> {
    if width < WINDOW || height < WINDOW {
        return None;
    }
    let weights = gaussian();
    let (columns, rows) = (width - WINDOW + 1, height - WINDOW + 1);
    let mut total = 0.0;
    // The window is the product of two lines: rows are weighted once, and the last 11 of them kept.
    let mut lines = vec![[0.0; 5]; WINDOW * columns];
    for channel in 0..3 {
        for y in 0..height {
            let at = y * width * 3;
            let line = &mut lines[y % WINDOW * columns..][..columns];
            weigh_row(&reference[at..][..width * 3], &picture[at..][..width * 3], channel, &weights, line);
            let Some(top) = (y + 1).checked_sub(WINDOW) else { continue };
            for x in 0..columns {
                let mut window = [0.0; 5];
                for (row, weight) in weights.iter().enumerate() {
                    add(&mut window, lines[(top + row) % WINDOW * columns + x], *weight);
                }
                total += similarity(window);
            }
        }
    }
    Some(total / (3 * columns * rows) as f64)
}

fn weigh_row(x: &[u8], y: &[u8], channel: usize, weights: &[f64; WINDOW], line: &mut [Moments]) {
    for (column, moments) in line.iter_mut().enumerate() {
        *moments = [0.0; 5];
        for (tap, weight) in weights.iter().enumerate() {
            let at = (column + tap) * 3 + channel;
            let (x, y) = (f64::from(x[at]), f64::from(y[at]));
            add(moments, [x, y, x * x, y * y, x * y], *weight);
        }
    }
}

fn add(sums: &mut Moments, values: Moments, weight: f64) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

fn similarity([x, y, xx, yy, xy]: Moments) -> f64 {
    let (variance_x, variance_y, covariance) = (xx - x * x, yy - y * y, xy - x * y);
    (2.0 * x * y + C1) * (2.0 * covariance + C2) / ((x * x + y * y + C1) * (variance_x + variance_y + C2))
}

fn gaussian() -> [f64; WINDOW] {
    let weights: [f64; WINDOW] = std::array::from_fn(|tap| {
        let distance = tap as f64 - (WINDOW / 2) as f64;
        (-distance * distance / (2.0 * SIGMA * SIGMA)).exp()
    });
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pictures by formula, which the expected figures were computed from as well.
    fn pictures(width: usize, height: usize) -> (Vec<u8>, Vec<u8>) {
        let place = |at: usize| (at % width, at / width);
        let first = |at: usize| {
            let (x, y) = place(at);
            [x * 7 + y * 3, x * x + y * y, x * y].map(|value| (value % 256) as u8)
        };
        let second = |at: usize| {
            let (x, y) = place(at);
            let noise = [(x * 13 + y * 29 + x * y * 5) % 31, (x * 17 + y * 7) % 23, (x * 3 + y * 31) % 41];
            let mut pixel = first(at);
            for (sample, noise) in pixel.iter_mut().zip(noise) {
                *sample = (usize::from(*sample) + noise).saturating_sub(15).min(255) as u8;
            }
            pixel
        };
        let all = 0..width * height;
        (all.clone().flat_map(first).collect(), all.flat_map(second).collect())
    }

    #[test]
    fn ssim_is_that_of_scikit_image() {
        // skimage.metrics.structural_similarity(a, b, gaussian_weights=True, sigma=1.5,
        //     use_sample_covariance=False, data_range=255, channel_axis=2) of scikit-image 0.26, a and b as float64.
        for (width, height, expected) in [
            (11, 11, 0.804_645_865_736_021_7),
            (12, 31, 0.888_296_889_512_489_9),
            (64, 48, 0.935_872_854_313_253_4),
        ] {
            let (a, b) = pictures(width, height);
            let given = ssim(&a, &b, width, height).unwrap();
            assert!((given - expected).abs() < 1e-12, "{width}x{height}: {given} is not {expected}");
        }
    }

    #[test]
    fn equal_pictures_are_equal() {
        let (a, _) = pictures(20, 30);
        let metrics = Metrics::new(&a, &a, 20, 30);
        assert_eq!((metrics.psnr_db, metrics.mean_absolute_error), (None, 0.0));
        assert!((metrics.ssim.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(Metrics::new(&a[..30], &a[..30], 10, 1).ssim, None, "too small for the window");
    }

    #[test]
    fn a_difference_of_one_step_everywhere_is_48_db() {
        let (a, b) = (vec![100; 12 * 12 * 3], vec![101; 12 * 12 * 3]);
        let metrics = Metrics::new(&a, &b, 12, 12);
        assert_eq!(metrics.mean_absolute_error, 1.0);
        assert!((metrics.psnr_db.unwrap() - 20.0 * 255f64.log10()).abs() < 1e-12);
    }
}
