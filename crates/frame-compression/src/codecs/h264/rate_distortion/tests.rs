//! The golden numbers of annex B of docs/spec/h264-presets.md.

use super::super::tests::input;
use super::super::{Parameters, Reconstruction};
use crate::planes::{Component, Planes};
use crate::simd::Level;

/// Input, size, CRF, CRC-32 of Y, Cb and Cr one after another by setting.
type Golden<const N: usize> = (char, (usize, usize), f32, [u32; N]);

const PRESETS: [&str; 6] = ["faster", "medium", "slow", "slower", "veryslow", "placebo"];

#[rustfmt::skip]
const BY_PRESET: [Golden<6>; 36] = [
    ('A', (48, 48), 3.0, [0x5374_aa58, 0x8225_dd80, 0x47b2_ab78, 0x47b2_ab78, 0x9bab_b802, 0xc007_0d8e]),
    ('A', (48, 48), 12.0, [0x5c20_c89f, 0x06e4_345f, 0xed66_80bc, 0xed66_80bc, 0x284a_e00b, 0x284a_e00b]),
    ('A', (48, 48), 23.0, [0x691a_a730, 0xd47a_4ade, 0x1dd0_0e37, 0x1dd0_0e37, 0x6d4c_735a, 0x6d4c_735a]),
    ('A', (48, 48), 29.0, [0xa23e_86ec, 0x4db2_d0e6, 0x3fde_85a2, 0x3fde_85a2, 0x115b_f386, 0x115b_f386]),
    ('A', (48, 48), 51.0, [0xfc58_416d, 0x347b_1ae0, 0xf594_06fa, 0xf594_06fa, 0x5258_9050, 0x010b_01c3]),
    ('A', (34, 18), 3.0, [0x0f10_0d26, 0x786d_5d42, 0xd2a2_53cb, 0xd2a2_53cb, 0xde9f_065e, 0x98f1_fdcd]),
    ('A', (34, 18), 12.0, [0x6ee4_619b, 0xfca5_f84b, 0xf59b_6dd8, 0xf59b_6dd8, 0x0066_86e9, 0x0066_86e9]),
    ('A', (34, 18), 23.0, [0x7b6f_6f47, 0x32d3_16c2, 0x539b_5e52, 0x539b_5e52, 0xdbc6_4b8c, 0xdbc6_4b8c]),
    ('A', (34, 18), 29.0, [0x6d71_9ff5, 0x4036_4e1c, 0x2ba2_1974, 0x2ba2_1974, 0x72c8_6fa9, 0x72c8_6fa9]),
    ('A', (34, 18), 51.0, [0x515c_8f82, 0x2200_df36, 0x2c15_5b9b, 0x2c15_5b9b, 0xac7c_97f4, 0xdab8_ef65]),
    ('A', (130, 98), 23.0, [0x17c3_a3e2, 0x3fe4_b344, 0x7c0d_e826, 0x7c0d_e826, 0xf433_719f, 0x4f2f_9cf2]),
    ('A', (130, 98), 29.0, [0xee6f_8008, 0xe215_f53b, 0x1342_35bb, 0x1342_35bb, 0x1189_3da4, 0xdbb1_ccb1]),
    ('B', (48, 48), 3.0, [0xb690_43e6, 0x1bb3_1bdf, 0xdb34_1ceb, 0xdb34_1ceb, 0xd0f4_e127, 0x8ed2_0460]),
    ('B', (48, 48), 12.0, [0x8837_f711, 0xe707_dea9, 0xcc5c_664a, 0xcc5c_664a, 0xd61e_3fc9, 0xd61e_3fc9]),
    ('B', (48, 48), 23.0, [0x1239_7687, 0x0a2f_5c60, 0x3796_c14e, 0x1b66_6f2b, 0xc797_d74a, 0xd46c_ce2a]),
    ('B', (48, 48), 29.0, [0xd779_0026, 0xec50_0732, 0x5382_dda9, 0x6d8c_520a, 0x2e7d_4cc6, 0xd409_311e]),
    ('B', (48, 48), 51.0, [0x38ce_22a6, 0xd2a7_2263, 0x33d9_8498, 0xb063_c707, 0x365f_ac58, 0x3f7d_db13]),
    ('B', (34, 18), 3.0, [0x6cc0_3e3f, 0x8143_c8f8, 0x177b_6dd9, 0x177b_6dd9, 0x177b_6dd9, 0x177b_6dd9]),
    ('B', (34, 18), 12.0, [0x0afe_3ebf, 0xf2ef_5bfa, 0x4081_d1a6, 0x4081_d1a6, 0xe882_5dd2, 0xe882_5dd2]),
    ('B', (34, 18), 23.0, [0x2b46_1d4e, 0x4cf9_9336, 0x9243_f9ca, 0x8af9_c73b, 0x0ec0_cec0, 0xc902_9479]),
    ('B', (34, 18), 29.0, [0xeb59_e3a4, 0xdff8_989c, 0x1532_3e61, 0x7054_91eb, 0x40df_13e2, 0xa133_a9a8]),
    ('B', (34, 18), 51.0, [0x8eb3_4785, 0x6d51_0eee, 0xd8ff_d93a, 0xd98f_438d, 0xb898_d45f, 0xbdf3_9ec5]),
    ('B', (130, 98), 23.0, [0xf0fb_1b19, 0xbffd_39a5, 0x5f6c_ee20, 0xc5b8_fc5c, 0xf674_40dc, 0x636e_ba1d]),
    ('B', (130, 98), 29.0, [0x16f5_3751, 0x29fa_8299, 0x30d8_91a6, 0x35ee_e80c, 0x44f5_8b8c, 0x29a4_0c2a]),
    ('C', (48, 48), 3.0, [0x245f_d32a, 0x55fa_75d6, 0x8f37_cf5d, 0x8f37_cf5d, 0x7e38_2efa, 0x7e38_2efa]),
    ('C', (48, 48), 12.0, [0xc79b_e6e4, 0xf29c_60bc, 0xea9a_0aa9, 0xea9a_0aa9, 0x6dc7_729b, 0x6dc7_729b]),
    ('C', (48, 48), 23.0, [0xdbcb_06ce, 0x5dca_5f01, 0x0ceb_09b5, 0x0ceb_09b5, 0x03db_608e, 0x03db_608e]),
    ('C', (48, 48), 29.0, [0xf292_97d8, 0x3089_1fec, 0xe854_e384, 0xe854_e384, 0x3376_fb3a, 0x3376_fb3a]),
    ('C', (48, 48), 51.0, [0x7fff_03a7, 0x6055_1fc9, 0xd4ab_6de9, 0xd4ab_6de9, 0xc148_577b, 0xc148_577b]),
    ('C', (34, 18), 3.0, [0xebac_7b7f, 0x3fe0_d856, 0x94b9_1df8, 0x94b9_1df8, 0x3057_c320, 0x3057_c320]),
    ('C', (34, 18), 12.0, [0x11db_d6cb, 0xdcdb_7be3, 0x89fa_1822, 0x89fa_1822, 0x112d_c0b2, 0x112d_c0b2]),
    ('C', (34, 18), 23.0, [0x2851_4e5c, 0xf61e_d2ba, 0x10b8_6ca3, 0x10b8_6ca3, 0x2abb_9e37, 0x2abb_9e37]),
    ('C', (34, 18), 29.0, [0xe3dd_c8c0, 0x51ef_e5ef, 0xb624_54a9, 0xb624_54a9, 0x5d5f_9f2e, 0x5d5f_9f2e]),
    ('C', (34, 18), 51.0, [0xc6dc_d933, 0x5217_c241, 0x4235_7bf1, 0x1d72_0156, 0x8f1c_7968, 0xdcd3_fe61]),
    ('C', (130, 98), 23.0, [0xb316_a50c, 0x5f32_0642, 0x8afe_4e3f, 0x8afe_4e3f, 0x256d_b436, 0x256d_b436]),
    ('C', (130, 98), 29.0, [0x9513_2bbe, 0xd67f_3fb6, 0x346f_571b, 0x346f_571b, 0xe86c_9181, 0xe86c_9181]),
];

const TUNES: [&str; 8] =
    ["film", "animation", "grain", "stillimage", "psnr", "ssim", "zerolatency", "fastdecode"];

#[rustfmt::skip]
const BY_TUNE: [Golden<8>; 12] = [
    ('A', (48, 48), 3.0, [0x50b1_a911, 0xb0eb_f3c9, 0x24ca_27c1, 0x77a3_60f1, 0xbfcd_5522, 0x1ba4_59b7, 0x8225_dd80, 0x3e23_038a]),
    ('A', (48, 48), 12.0, [0xc580_c38b, 0xb880_0b6c, 0xf947_b028, 0xe052_7a92, 0x616a_6127, 0x3f79_f99a, 0x7e8d_064b, 0x1bdf_0c54]),
    ('A', (48, 48), 29.0, [0x49cf_da91, 0x6c4d_5a4d, 0x8d04_7247, 0x65e0_ed29, 0xcae9_7364, 0x618e_38bd, 0x1f23_4688, 0x22fc_7eb8]),
    ('A', (48, 48), 51.0, [0x77a7_3d8b, 0x26c4_2ae9, 0x575c_3da1, 0x8668_7b46, 0x6dd3_5c0c, 0x71ed_f026, 0xc841_a2b0, 0x09e9_d3fb]),
    ('B', (48, 48), 3.0, [0x1ece_1d9b, 0xddf2_86f3, 0x627b_34f5, 0x6505_cab5, 0x51a9_e744, 0xdb4c_e3ad, 0x1bb3_1bdf, 0xe532_8c7c]),
    ('B', (48, 48), 12.0, [0xeb6f_0d83, 0xa6c6_8a7f, 0xde0d_1515, 0xfecd_2bf9, 0xfc14_b439, 0xcbf2_4cd9, 0xb8a6_60df, 0x2600_f12a]),
    ('B', (48, 48), 29.0, [0x3dc5_19a4, 0x1c7b_9ee5, 0xcafe_8cbc, 0xb2f4_4fa8, 0x7aab_124e, 0x5841_845a, 0xe8f8_8159, 0xe2b2_4d13]),
    ('B', (48, 48), 51.0, [0x2042_4868, 0x4443_c117, 0x1922_0331, 0x9f0f_6310, 0x4101_a95e, 0x6111_d63a, 0x7d84_683e, 0x1518_32b4]),
    ('C', (48, 48), 3.0, [0x30e4_f5bc, 0xd371_2f36, 0x8410_81d2, 0xe21e_1eec, 0xdcd0_e1e9, 0x8350_1011, 0xafb0_717d, 0x1c5e_7359]),
    ('C', (48, 48), 12.0, [0x2391_645a, 0x8fc2_b668, 0x4a44_fce4, 0x76de_b8d7, 0x9169_b9b1, 0x3f2a_f090, 0x8cce_cd15, 0x1471_6d52]),
    ('C', (48, 48), 29.0, [0xd297_8d23, 0xd692_d385, 0xfc1c_ef10, 0x693c_d7d3, 0x0a4c_7d94, 0x8f2c_1e22, 0x3846_630e, 0x88d6_24a0]),
    ('C', (48, 48), 51.0, [0xaa49_55dc, 0x2b37_5241, 0x642c_db93, 0xf446_09e4, 0x98fb_e82b, 0x5ede_f10b, 0x8c88_01b8, 0x9701_394c]),
];

fn checksum(planes: &Planes) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for component in [Component::Y, Component::Cb, Component::Cr] {
        for y in 0..planes.size(component).1 {
            hasher.update(planes.row(component, y));
        }
    }
    hasher.finalize()
}

fn check<const N: usize>(golden: &[Golden<N>], column: usize, text: &str) {
    for &(name, size, crf, expected) in golden {
        for level in Level::available() {
            let mut planes = input(name, size);
            Reconstruction::at(level)
                .reconstruct_with(&mut planes, &Parameters::read(crf, text).expect("known parameters"));
            let found = checksum(&planes);
            assert_eq!(found, expected[column], "{level}, {text}: input {name} {size:?} CRF {crf}");
        }
    }
}

#[test]
fn presets() {
    for (column, preset) in PRESETS.into_iter().enumerate() {
        check(&BY_PRESET, column, &format!("preset={preset}"));
    }
}

#[test]
fn tunes() {
    for (column, tune) in TUNES.into_iter().enumerate() {
        check(&BY_TUNE, column, &format!("preset=medium:tune={tune}"));
    }
}

/// Annex B.3: the context model after the last macroblock.
#[test]
fn contexts() {
    let mut planes = input('B', (48, 48));
    let mut engine = Reconstruction::default();
    engine.reconstruct_with(&mut planes, &Parameters::read(29.0, "preset=medium").unwrap());
    let coder = engine.coder.expect("a coder that counts bits");
    assert_eq!(coder.picture.contexts.checksum(), 0x0017_dc15);
}

/// Slices on several threads give what they give one after another.
#[cfg(feature = "rayon")]
#[test]
fn slices_side_by_side() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for (preset, slices) in [("medium", 4), ("faster", 2), ("slow", 3), ("veryslow", 7)] {
        let parameters =
            Parameters::read(29.0, &format!("preset={preset}:slices={slices}")).expect("known parameters");
        let (mut alone, mut together) = (input('B', (48, 400)), input('B', (48, 400)));
        let mut engine = Reconstruction::default();
        engine.reconstruct_with(&mut alone, &parameters);
        pool.install(|| engine.reconstruct_with(&mut together, &parameters));
        assert!(engine.coders.len() > 1);
        assert_eq!(checksum(&alone), checksum(&together), "{preset}");
    }
}
