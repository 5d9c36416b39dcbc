//! The golden numbers of annex B of docs/spec/h264-intra.md.

use super::{H264, Reconstruction};
use crate::names::Subsampling;
use crate::planes::{Component, Planes};
use crate::simd::Level;

/// Input, size, CRF (none: the input itself), CRC-32 of Y, Cb, Cr.
type Golden = (char, (usize, usize), Option<f32>, [u32; 3]);

#[rustfmt::skip]
const GOLDEN: [Golden; 30] = [
    ('A', (48, 48), None, [0xa155_f928, 0x4545_1d84, 0xae18_406b]),
    ('A', (48, 48), Some(3.0), [0xc8b9_26f7, 0xb2d1_217b, 0xec38_8f26]),
    ('A', (48, 48), Some(12.0), [0x02df_d001, 0x578a_d3eb, 0xb463_3d66]),
    ('A', (48, 48), Some(29.0), [0x09b8_3e1f, 0xf44f_7e7f, 0x5e87_7f80]),
    ('A', (48, 48), Some(51.0), [0xe8f4_a812, 0xe856_d2dc, 0x0012_a20e]),
    ('A', (34, 18), None, [0xc692_4e19, 0xe8dd_975f, 0xe6d4_61ef]),
    ('A', (34, 18), Some(3.0), [0x3905_7833, 0x2270_c939, 0x0912_1595]),
    ('A', (34, 18), Some(12.0), [0x79cf_c9ae, 0x0306_da6a, 0xb296_d475]),
    ('A', (34, 18), Some(29.0), [0x1def_a8cb, 0x7697_c78a, 0x60ad_24f7]),
    ('A', (34, 18), Some(51.0), [0xaa98_d9b3, 0x900b_29b0, 0xee48_ae2f]),
    ('B', (48, 48), None, [0x83e2_2c46, 0x2b43_2a36, 0xc712_0521]),
    ('B', (48, 48), Some(3.0), [0x8128_40a9, 0x2b43_2a36, 0xb78c_0c8e]),
    ('B', (48, 48), Some(12.0), [0x2071_eb86, 0x418a_fa02, 0xc82d_2817]),
    ('B', (48, 48), Some(29.0), [0x36b9_e109, 0x37c9_c484, 0xb087_4954]),
    ('B', (48, 48), Some(51.0), [0x5580_06b2, 0x5f07_89e7, 0xda62_c554]),
    ('B', (34, 18), None, [0x0230_5926, 0xa6f9_bce7, 0x8560_51c9]),
    ('B', (34, 18), Some(3.0), [0xa6bc_2d81, 0xa6f9_bce7, 0x41be_55ce]),
    ('B', (34, 18), Some(12.0), [0xa568_22b6, 0xbe23_1728, 0x8560_51c9]),
    ('B', (34, 18), Some(29.0), [0xc93b_f323, 0x143b_1dcd, 0x72ee_24c6]),
    ('B', (34, 18), Some(51.0), [0x8134_5eb3, 0xe332_0782, 0xfabc_c561]),
    ('C', (48, 48), None, [0x428b_c850, 0xdd60_f0cd, 0xf41d_6d98]),
    ('C', (48, 48), Some(3.0), [0xd8fd_3474, 0xdd60_f0cd, 0xf41d_6d98]),
    ('C', (48, 48), Some(12.0), [0x1306_4186, 0x031d_dc18, 0xe4e7_ecdd]),
    ('C', (48, 48), Some(29.0), [0xe6c1_8b54, 0xe13b_b48e, 0xe6e5_3ea5]),
    ('C', (48, 48), Some(51.0), [0x5b23_f781, 0x80c2_34d9, 0xa2b5_b1e6]),
    ('C', (34, 18), None, [0xee69_96fa, 0xc1a5_90e5, 0x8043_6aa5]),
    ('C', (34, 18), Some(3.0), [0xbf72_7dcc, 0xc1a5_90e5, 0x8043_6aa5]),
    ('C', (34, 18), Some(12.0), [0x2bce_5d02, 0x454a_0a63, 0x8043_6aa5]),
    ('C', (34, 18), Some(29.0), [0x959a_42d7, 0x4dc9_6c35, 0xe8a7_2fe6]),
    ('C', (34, 18), Some(51.0), [0xeacc_0b33, 0xb8e9_f76b, 0x07a3_d41b]),
];

fn sample(input: char, component: Component, x: i64, y: i64) -> i64 {
    match (input, component) {
        ('A', Component::Y) => (3 * x * x + 5 * y * y + 7 * x * y) >> 3,
        ('A', Component::Cb) => 128 + 5 * x - 3 * y,
        ('A', Component::Cr) => (x * y) ^ (x + y),
        ('B', Component::Y) => (60 + (x * x + 2 * y * y) / 40 + (7 * x + 13 * y) % 5).min(255),
        ('B', Component::Cb) => 110 + x * x / 30 + ((x + y) & 1),
        ('B', Component::Cr) => 140 - (x + y) / 2,
        ('C', Component::Y) => 255 * ((x / 5 + y / 3 + 1) % 2),
        ('C', Component::Cb) => 255 * ((x / 3 + 1) % 2),
        ('C', Component::Cr) => 255 * (y / 2 % 2),
        _ => unreachable!("inputs are A, B and C"),
    }
}

pub(super) fn input(name: char, (width, height): (usize, usize)) -> Planes {
    let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
    for component in [Component::Y, Component::Cb, Component::Cr] {
        for y in 0..planes.size(component).1 {
            for (x, place) in planes.row_mut(component, y).iter_mut().enumerate() {
                *place = sample(name, component, x as i64, y as i64) as u8;
            }
        }
    }
    planes
}

fn checksums(planes: &Planes) -> [u32; 3] {
    [Component::Y, Component::Cb, Component::Cr].map(|component| {
        let mut hasher = crc32fast::Hasher::new();
        for y in 0..planes.size(component).1 {
            hasher.update(planes.row(component, y));
        }
        hasher.finalize()
    })
}

#[test]
fn golden_numbers_of_the_specification() {
    for level in Level::available() {
        let mut engine = Reconstruction::at(level);
        for (name, size, crf, expected) in GOLDEN {
            let mut planes = input(name, size);
            if let Some(crf) = crf {
                engine.run(&mut planes, &H264::crf(crf).unwrap());
            }
            assert_eq!(checksums(&planes), expected, "{level}: input {name} {size:?} CRF {crf:?}");
        }
    }
}
