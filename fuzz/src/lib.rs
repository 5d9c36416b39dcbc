//! A call of the public API that a fuzzer makes up, and what has to hold whatever it makes up: no panic, the
//! same result however the picture lies in memory, samples in their range, and on an error nothing written.

mod c_interface;
mod clips;
mod element;
mod layout;
mod pictures;
mod recipes;
mod settings;

use arbitrary::Arbitrary;
use frame_compression::{
    Codec, Component, Error, FrameCompressor, Planes, Subsampling, Tensor, TensorView, TensorViewMut,
    apply_compression_artifacts,
};
use half::{bf16, f16};

use element::{Element, Fill};
use layout::{HostileLayout, Layout};
use settings::Settings;

pub use c_interface::CCalls;
pub use clips::Clip;
pub use pictures::check_file;
pub use recipes::Draw;

/// A call.
#[derive(Debug, Arbitrary)]
pub struct Call {
    settings: Settings,
    element: ElementType,
    picture: Picture,
}

#[derive(Debug, Arbitrary)]
enum ElementType {
    F32,
    F64,
    F16,
    Bf16,
    U8,
}

#[derive(Debug, Arbitrary)]
enum Picture {
    /// A picture that the contract allows, but for its samples and the codec's own size rules.
    Allowed { width: u8, height: u8, layout: Layout, fill: Fill },
    /// A shape and strides of any kind.
    Hostile(HostileLayout),
    /// A picture in Y, Cb, Cr.
    Planes { width: u8, height: u8, subsampling: u8, samples: Vec<u8> },
}

/// Sides are taken modulo this: enough for several blocks of every codec, and a call stays quick.
const SIDES: u8 = 100;

impl Call {
    /// Makes the call and checks what comes of it.
    pub fn check(&self, codec: Codec) {
        match self.element {
            ElementType::F32 => self.check_with::<f32>(codec),
            ElementType::F64 => self.check_with::<f64>(codec),
            ElementType::F16 => self.check_with::<f16>(codec),
            ElementType::Bf16 => self.check_with::<bf16>(codec),
            ElementType::U8 => self.check_with::<u8>(codec),
        }
    }

    fn check_with<T: Element>(&self, codec: Codec) {
        let mut compressor = self.settings.compressor(codec);
        match &self.picture {
            Picture::Allowed { width, height, layout, fill } => {
                let size = (usize::from(width % SIDES), usize::from(height % SIDES));
                check_allowed::<T>(&mut compressor, &self.settings, size, layout, fill);
            }
            Picture::Hostile(layout) => check_hostile::<T>(&mut compressor, layout),
            Picture::Planes { width, height, subsampling, samples } => {
                let size = (usize::from(width % SIDES), usize::from(height % SIDES));
                let subsampling = Subsampling::ALL[usize::from(*subsampling) % Subsampling::ALL.len()];
                check_planes(&mut compressor, size, subsampling, samples);
            }
        }
    }
}

/// One picture through every entrance: each has to give what the first gives.
fn check_allowed<T: Element>(
    compressor: &mut FrameCompressor,
    settings: &Settings,
    (width, height): (usize, usize),
    layout: &Layout,
    fill: &Fill,
) {
    let shape = [1, height, width, 3];
    let samples: Vec<T> = fill.samples(width * height * 3);
    let packed = match Tensor::new(samples.clone(), &shape) {
        Ok(packed) => packed,
        Err(error) => {
            assert!(width == 0 || height == 0, "{error}");
            return;
        }
    };
    let result = compressor.apply(&packed);
    if let Ok(result) = &result {
        assert_eq!(result.shape(), shape);
        assert!(result.as_slice().iter().all(|sample| sample.is_in(settings.value_range())));
    }
    assert_same(&compressor.apply(&packed), &result); // with memory that has been used

    let (buffer, strides) = layout.lay_out(&samples, width, height);
    let view = TensorView::with_strides(&buffer, &shape, strides).expect("the layout fits");
    assert_same(&compressor.apply(&view), &result);

    // Into another's memory: its gaps and, on an error, all of it stay as they were.
    let mut output = vec![T::GAP; buffer.len()];
    let expected = match &result {
        Ok(result) => layout.lay_out(result.as_slice(), width, height).0,
        Err(_) => output.clone(),
    };
    let target = TensorViewMut::with_strides(&mut output, &shape, strides).expect("no place is shared");
    assert_eq!(compressor.apply_into(packed.view(), target).is_ok(), result.is_ok());
    assert_bits(&output, &expected);

    let mut place = samples.clone();
    let target = TensorViewMut::new(&mut place, &shape).expect("it is packed");
    assert_eq!(compressor.apply_in_place(target).is_ok(), result.is_ok());
    assert_bits(&place, result.as_ref().map_or(&samples, |result| result.as_slice()));

    if let Some(quality) = settings.quality_alone() {
        assert_same(&apply_compression_artifacts(&packed, compressor.codec(), quality), &result);
    }
}

/// A shape and strides that are most often refused.
fn check_hostile<T: Element>(compressor: &mut FrameCompressor, layout: &HostileLayout) {
    let mut samples = vec![T::GAP; layout.length()];
    let (shape, strides) = (&layout.shape, layout.strides());
    let tensor = Tensor::new(samples.clone(), shape);
    let view = TensorView::with_strides(&samples, shape, strides);
    for error in [tensor.as_ref().err(), view.as_ref().err()].into_iter().flatten() {
        assert!(error.code() > 0 && !error.to_string().is_empty());
    }
    // A broadcast makes a huge picture of a few samples: it is allowed, but too slow to look at here.
    if let (Ok(view), true) = (&view, layout.is_small()) {
        let _ = compressor.apply(view);
    }
    let small = Tensor::new(vec![T::GAP; 4 * 2 * 3], &[1, 4, 2, 3]).expect("it is packed");
    if let Ok(target) = TensorViewMut::with_strides(&mut samples, shape, strides) {
        assert_eq!(target.shape()[..], shape[..]);
        let fits = target.shape() == small.shape();
        let done = compressor.apply_into(small.view(), target);
        assert!(fits || matches!(done, Err(Error::OutputSize { .. })));
    }
}

/// A picture in Y, Cb, Cr, twice: the result is a function of the picture.
fn check_planes(
    compressor: &mut FrameCompressor,
    (width, height): (usize, usize),
    subsampling: Subsampling,
    samples: &[u8],
) {
    let Ok(mut planes) = Planes::new(width, height, subsampling) else {
        assert!(width == 0 || height == 0);
        return;
    };
    let components: &[Component] = match subsampling {
        Subsampling::Grey => &[Component::Y],
        _ => &[Component::Y, Component::Cb, Component::Cr],
    };
    let mut samples = samples.iter().copied().cycle();
    let mut before = Vec::new();
    for &component in components {
        for y in 0..planes.size(component).1 {
            for sample in planes.row_mut(component, y) {
                *sample = samples.next().unwrap_or(128);
            }
            before.extend_from_slice(planes.row(component, y));
        }
    }
    let mut again = planes.clone();
    let done = compressor.apply_to_planes(&mut planes);
    assert_eq!(compressor.apply_to_planes(&mut again), done);
    let all = |planes: &Planes| -> Vec<u8> {
        let rows =
            |component| (0..planes.size(component).1).flat_map(move |y| planes.row(component, y).to_vec());
        components.iter().flat_map(|&component| rows(component)).collect()
    };
    assert_eq!(all(&planes), all(&again));
    if done.is_err() {
        assert_eq!(all(&planes), before, "an error has left the picture as it was");
    }
}

fn assert_same<T: Element>(given: &Result<Tensor<T>, Error>, expected: &Result<Tensor<T>, Error>) {
    match (given, expected) {
        (Ok(given), Ok(expected)) => assert_bits(given.as_slice(), expected.as_slice()),
        // An error may hold a NaN, which is not equal to itself.
        (Err(given), Err(expected)) => assert_eq!(given.to_string(), expected.to_string()),
        _ => panic!("{given:?} is not {expected:?}"),
    }
}

/// Equal bit for bit, NaN included.
fn assert_bits<T: Element>(given: &[T], expected: &[T]) {
    assert_eq!(given.len(), expected.len());
    let difference = given.iter().zip(expected).position(|(a, b)| a.bits() != b.bits());
    assert_eq!(difference, None, "samples differ");
}
