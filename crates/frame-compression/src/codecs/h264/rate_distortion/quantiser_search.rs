//! The search through quantisers near a macroblock's own (docs/spec/h264-presets.md, section 10).

/// What coding at a quantiser leads to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    pub(super) cost: u32,
    /// Whether there are levels.
    pub(super) residual: bool,
}

/// The quantiser of least cost around `own`. `last` is that of the macroblock before.
pub(super) fn search_quantiser(own: u8, last: u8, psy: bool, mut code: impl FnMut(u8) -> Trial) -> u8 {
    let (own, last) = (i32::from(own), i32::from(last));
    let first = code(own as u8);
    let mut best = (own, first.cost);
    let mut tried_last = false;
    for direction in [1, -1] {
        if direction == 1 && !first.residual {
            continue;
        }
        let beyond = if direction == 1 { last > own } else { last < own };
        let limit = i32::from(psy) + i32::from(beyond);
        let mut memo = None;
        if direction == -1 && !first.residual {
            // Only a quantiser that leaves levels is worth the way there.
            let far = (own - limit - 1).max(0);
            let trial = code(far as u8);
            if !trial.residual {
                tried_last |= last > far;
                continue;
            }
            memo = Some((far, trial.cost));
        }
        let (mut fails, mut before) = (0, first.cost);
        let mut at = own + direction;
        while (0..=51).contains(&at) {
            tried_last |= at == last;
            let (cost, residual) = match memo {
                Some((far, cost)) if far == at => (cost, true),
                _ => {
                    let trial = code(at as u8);
                    if trial.cost < best.1 {
                        best = (at, trial.cost);
                    }
                    (trial.cost, trial.residual)
                }
            };
            fails = if cost < before { 0 } else { fails + 1 };
            before = cost;
            if fails > limit || direction == 1 && !residual {
                break;
            }
            at += direction;
        }
    }
    if !tried_last && code(last as u8).cost < best.1 {
        best.0 = last;
    }
    best.0 as u8
}
