//! The entropy-coded blocks of a scan: sequential and progressive (T.81 F.2 and G.2).

use super::huffman::{Bits, Table};
use super::{Component, Frame, JpegError};

/// Where each coefficient of the zigzag order stands in a block (T.81 figure A.6).
#[rustfmt::skip]
pub(super) const ZIGZAG: [u8; 64] = [
     0,  1,  8, 16,  9,  2,  3, 10, 17, 24, 32, 25, 18, 11,  4,  5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,  6,  7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// What a scan's header says.
pub(super) struct Scan<'a> {
    /// For each component of the scan: its place in the frame, and its tables.
    pub(super) components: Vec<(usize, Option<&'a Table>, Option<&'a Table>)>,
    /// First and last coefficient.
    pub(super) first: usize,
    pub(super) last: usize,
    /// The bit that earlier scans went down to (0: none was there), and the one that this goes down to.
    pub(super) high: u32,
    pub(super) low: u32,
    /// MCUs between restart markers; 0 for none.
    pub(super) restart_interval: usize,
}

/// What goes on from block to block.
struct Run {
    last_dc: [i32; 4],
    /// Blocks that are still to come without coefficients of the band.
    end_of_band: u32,
}

const NO_TABLE: JpegError = JpegError::Damaged("a scan names a Huffman table that is not there");
const OVERRUN: JpegError = JpegError::Damaged("a block has more than 64 coefficients");

impl Scan<'_> {
    /// Decodes the scan whose bits start at `at`; gives the place of what follows.
    pub(super) fn decode(&self, frame: &mut Frame, data: &[u8], at: usize) -> Result<usize, JpegError> {
        let mut bits = Bits::new(data, at);
        let mut run = Run { last_dc: [0; 4], end_of_band: 0 };
        let (across, down) = match self.components[..] {
            // A scan of one component has the blocks that its samples touch, whatever its sampling factors.
            [(only, ..)] => {
                let component = &frame.components[only];
                (component.width.div_ceil(8), component.height.div_ceil(8))
            }
            _ => (frame.mcus_across, frame.mcus_down),
        };
        let mut markers = 0;
        for mcu in 0..across * down {
            if self.restart_interval > 0 && mcu > 0 && mcu.is_multiple_of(self.restart_interval) {
                bits.restart(markers)?;
                markers = (markers + 1) % 8;
                run = Run { last_dc: [0; 4], end_of_band: 0 };
            }
            let (x, y) = (mcu % across, mcu / across);
            for place in 0..self.components.len() {
                let component = &mut frame.components[self.components[place].0];
                let (h, v) = if self.components.len() == 1 { (1, 1) } else { (component.h, component.v) };
                for block in 0..h * v {
                    let (x, y) = (x * h + block % h, y * v + block / h);
                    self.block(&mut bits, &mut run, place, component, (x, y), frame.progressive)?;
                }
            }
        }
        Ok(bits.end())
    }

    fn block(
        &self,
        bits: &mut Bits,
        run: &mut Run,
        place: usize,
        component: &mut Component,
        (x, y): (usize, usize),
        progressive: bool,
    ) -> Result<(), JpegError> {
        let (_, dc, ac) = self.components[place];
        if !progressive {
            let mut block = [0i16; 64];
            let (dc, ac) = (dc.ok_or(NO_TABLE)?, ac.ok_or(NO_TABLE)?);
            sequential(bits, dc, ac, &mut run.last_dc[place], &mut block)?;
            component.put(&block, x, y);
            return Ok(());
        }
        let at = (y * component.blocks_across + x) * 64;
        let block: &mut [i16; 64] =
            component.coefficients[at..].first_chunk_mut().unwrap_or_else(|| unreachable!("a whole block"));
        match (self.first, self.high) {
            (0, 0) => {
                let size = dc.ok_or(NO_TABLE)?.symbol(bits)?;
                run.last_dc[place] = run.last_dc[place].wrapping_add(bits.extended(dc_size(size)?)?);
                block[0] = (run.last_dc[place] << self.low) as i16;
                Ok(())
            }
            (0, _) => {
                block[0] |= (bits.take(1)? << self.low) as i16;
                Ok(())
            }
            (_, 0) => self.band(bits, ac.ok_or(NO_TABLE)?, &mut run.end_of_band, block),
            _ => self.refined_band(bits, ac.ok_or(NO_TABLE)?, &mut run.end_of_band, block),
        }
    }

    /// The first bits of a band of AC coefficients (T.81 G.1.2.2).
    fn band(
        &self,
        bits: &mut Bits,
        table: &Table,
        end_of_band: &mut u32,
        block: &mut [i16; 64],
    ) -> Result<(), JpegError> {
        if *end_of_band > 0 {
            *end_of_band -= 1;
            return Ok(());
        }
        let mut at = self.first;
        while at <= self.last {
            let symbol = table.symbol(bits)?;
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size > 0 {
                at += zeros as usize;
                let value = bits.extended(size)?;
                let place = ZIGZAG.get(at).ok_or(OVERRUN)?;
                block[usize::from(*place)] = (value << self.low) as i16;
                at += 1;
            } else if zeros == 15 {
                at += 16;
            } else {
                *end_of_band = (1 << zeros) + bits.take(zeros)? - 1;
                break;
            }
        }
        Ok(())
    }

    /// One more bit of a band of AC coefficients (T.81 G.1.2.3).
    fn refined_band(
        &self,
        bits: &mut Bits,
        table: &Table,
        end_of_band: &mut u32,
        block: &mut [i16; 64],
    ) -> Result<(), JpegError> {
        let bit = 1i16 << self.low;
        let mut at = self.first;
        if *end_of_band == 0 {
            while at <= self.last {
                let symbol = table.symbol(bits)?;
                let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
                let mut new = 0;
                if size > 0 {
                    // A coefficient that becomes non-zero now is 1 or -1 at this bit, whatever its size says.
                    new = if bits.take(1)? == 1 { bit } else { -bit };
                } else if zeros < 15 {
                    *end_of_band = (1 << zeros) + bits.take(zeros)?;
                    break;
                }
                // Coefficients that are there already are not counted as zeros, but get their next bit.
                while at <= self.last {
                    let coefficient = &mut block[usize::from(ZIGZAG[at])];
                    if *coefficient != 0 {
                        refine(bits, coefficient, bit)?;
                    } else if zeros == 0 {
                        *coefficient = new;
                        at += 1;
                        break;
                    } else {
                        zeros -= 1;
                    }
                    at += 1;
                }
            }
        }
        if *end_of_band > 0 {
            for at in at..=self.last {
                let coefficient = &mut block[usize::from(ZIGZAG[at])];
                if *coefficient != 0 {
                    refine(bits, coefficient, bit)?;
                }
            }
            *end_of_band -= 1;
        }
        Ok(())
    }
}

fn refine(bits: &mut Bits, coefficient: &mut i16, bit: i16) -> Result<(), JpegError> {
    if bits.take(1)? == 1 && *coefficient & bit == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient > 0 { bit } else { -bit });
    }
    Ok(())
}

fn dc_size(size: u8) -> Result<u32, JpegError> {
    if size > 15 {
        return Err(JpegError::Damaged("a DC difference has more than 15 bits"));
    }
    Ok(u32::from(size))
}

fn sequential(
    bits: &mut Bits,
    dc: &Table,
    ac: &Table,
    last_dc: &mut i32,
    block: &mut [i16; 64],
) -> Result<(), JpegError> {
    let size = dc.symbol(bits)?;
    *last_dc = last_dc.wrapping_add(bits.extended(dc_size(size)?)?);
    block[0] = *last_dc as i16;
    let mut at = 1;
    while at < 64 {
        let symbol = ac.symbol(bits)?;
        let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if zeros < 15 {
                break;
            }
            at += 16;
            continue;
        }
        at += zeros;
        let value = bits.extended(size)?;
        block[usize::from(*ZIGZAG.get(at).ok_or(OVERRUN)?)] = value as i16;
        at += 1;
    }
    Ok(())
}
