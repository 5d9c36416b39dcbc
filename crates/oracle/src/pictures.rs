//! Pictures as planes, and how two of them differ.

use frame_compression::{Component, Planes, Subsampling};
use test_pictures::Picture;

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

/// A picture's planes, 4:2:0.
///
/// # Panics
/// If a side is 0 or too large for the library.
pub fn planes(picture: &Picture) -> Planes {
    let mut planes = Planes::new(picture.width, picture.height, Subsampling::S420).expect("sides in range");
    for (component, samples) in COMPONENTS.into_iter().zip(picture.ycbcr(2, 2)) {
        planes.copy_from(component, &samples).expect("as many samples as the component has");
    }
    planes
}

/// The first sample in which two pictures of one size differ, in words; `None` where they are equal.
///
/// # Panics
/// If their sizes differ.
pub fn difference(ours: &Planes, theirs: &Planes) -> Option<String> {
    for component in COMPONENTS {
        assert_eq!(ours.size(component), theirs.size(component));
        let rows = 0..ours.size(component).1;
        let differs = |y: usize| (ours.row(component, y) != theirs.row(component, y)).then_some(y);
        let Some(y) = rows.clone().find_map(differs) else { continue };
        let (a, b) = (ours.row(component, y), theirs.row(component, y));
        let x = (0..a.len()).find(|&x| a[x] != b[x])?;
        let count: usize = rows
            .map(|y| {
                let pairs = ours.row(component, y).iter().zip(theirs.row(component, y));
                pairs.filter(|(a, b)| a != b).count()
            })
            .sum();
        return Some(format!(
            "{component:?} at ({x}, {y}): {} instead of {}, and {count} samples in all",
            a[x], b[x]
        ));
    }
    None
}

/// The CRC-32 of each plane, rows top to bottom.
pub fn checksums(planes: &Planes) -> [u32; 3] {
    COMPONENTS.map(|component| {
        let mut hasher = crc32fast::Hasher::new();
        for y in 0..planes.size(component).1 {
            hasher.update(planes.row(component, y));
        }
        hasher.finalize()
    })
}
