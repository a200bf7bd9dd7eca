//! Levels by rate and distortion: a shortest path over the scan of a block.

use super::{cost::token_of, quant::BlockSite};

/// The score of a state that no path leads to.
const NOWHERE: i64 = i64::MAX / 4;

/// A step of the path: for each state the level that leads to it, and the state before.
#[derive(Clone, Copy)]
struct Step {
    level: [u16; 3],
    from: [u8; 3],
}

/// Chooses the levels of a block for the least sum of distortion and rate; the states of the path are the contexts
/// of the next token. Coefficients and levels are in scan order. Returns one past the last level that is not zero;
/// all behind it are zero.
pub fn trellis(site: &BlockSite, coefficients: &[i16; 16], levels: &mut [i16; 16]) -> usize {
    *levels = [0; 16];
    let last = (site.first..16)
        .rev()
        .find(|&place| coefficients[place].unsigned_abs() >= site.matrix.threshold[usize::from(place > 0)]);
    let Some(last) = last else { return 0 };
    let mut path = Path::new(site);
    for place in site.first..=last {
        path.advance(site, place, coefficients[place].unsigned_abs());
    }
    let mut state = path.best_state;
    for place in (site.first..path.best_end).rev() {
        let step = &path.steps[place & 15];
        let level = step.level[state] as i16;
        levels[place] = if coefficients[place] < 0 { -level } else { level };
        state = usize::from(step.from[state] & 3).min(2);
    }
    path.best_end
}

/// The best ways to each state, and the best end until now. All scores leave out the energy of the coefficients,
/// which a level of zero keeps.
struct Path {
    scores: [i64; 3],
    best: i64,
    best_end: usize,
    best_state: usize,
    steps: [Step; 16],
}

impl Path {
    #[inline(always)]
    fn new(site: &BlockSite) -> Self {
        let start = &site.costs.kind(site.kind)[site.first][site.context];
        let mut scores = [NOWHERE; 3];
        scores[site.context] = site.lambda * i64::from(start.start);
        Self {
            scores,
            best: site.lambda * i64::from(start.end),
            best_end: 0,
            best_state: 0,
            steps: [Step { level: [0; 3], from: [0; 3] }; 16],
        }
    }

    /// Goes on by one coefficient, whose absolute value is `size`.
    #[inline(always)]
    fn advance(&mut self, site: &BlockSite, place: usize, size: u16) {
        let kind = usize::from(place > 0);
        let step_size = site.matrix.step[kind];
        let floor = site.matrix.floor(kind, size);
        let higher = size - floor * step_size >= site.matrix.threshold[kind];
        let mut next = [NOWHERE; 3];
        let step = &mut self.steps[place & 15];
        if floor < 2 {
            (next[0], step.from[0]) = reach(site, &self.scores, place, 0);
        }
        if floor == 0 && !higher {
            self.scores = next;
            return;
        }
        for level in floor.max(1)..=floor + u16::from(higher) {
            let (mut score, from) = reach(site, &self.scores, place, level);
            let error = i64::from(size) - i64::from(level) * i64::from(step_size);
            score += (error * error - i64::from(size) * i64::from(size)) << 8;
            score += site.lambda * i64::from(site.costs.extra(usize::from(level)));
            let state = usize::from(level.min(2));
            if score < next[state] {
                next[state] = score;
                (step.level[state], step.from[state]) = (level, from);
            }
        }
        self.scores = next;
        let costs = &site.costs.kind(site.kind)[place + 1];
        for state in 1..3 {
            let total = self.scores[state] + site.lambda * i64::from(costs[state].end);
            if total < self.best {
                (self.best, self.best_end, self.best_state) = (total, place + 1, state);
            }
        }
    }
}

/// The best way to a level's token from the states before it: its score, and the state.
#[inline(always)]
fn reach(site: &BlockSite, scores: &[i64; 3], place: usize, level: u16) -> (i64, u8) {
    let token = token_of(usize::from(level));
    let costs = &site.costs.kind(site.kind)[place];
    let (mut best, mut from) = (scores[0] + site.lambda * i64::from(costs[0].of(token)), 0);
    for state in 1..3 {
        let score = scores[state] + site.lambda * i64::from(costs[state].of(token));
        if score < best {
            (best, from) = (score, state as u8);
        }
    }
    (best, from)
}
