//! What each effort from 0 to 6 does.

use super::match_finder::MatchEffort;

/// Copies from afar are rare if more than this many of 16 pixels are like no neighbour.
const BUSY_FOR_NEAR: u64 = 13;

/// Pixels for each prefix code group, at the least.
const GROUP_PIXELS: usize = 4096;

/// The tools of an effort.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// How hard copies are looked for.
    pub match_effort: MatchEffort,
    /// The chain limit for pictures that hardly repeat.
    pub busy_chain_limit: usize,
    /// Every `predictor_step`th row is looked at to choose predictors.
    pub predictor_step: usize,
    /// Every `color_step`th row is looked at to choose multipliers of the colour transform; zero leaves it out.
    pub color_step: usize,
    /// The most prefix code groups of any picture.
    pub max_groups: usize,
}

impl Effort {
    pub const fn new(effort: u8) -> Self {
        let (chain_limit, good_length, predictor_step, color_step, max_groups) = match effort {
            0 => (0, 32, 8, 0, 1),
            1 => (2, 32, 8, 0, 1),
            2 => (2, 48, 8, 0, 8),
            3 => (8, 64, 2, 4, 16),
            4 => (16, 96, 1, 2, 32),
            5 => (32, 128, 1, 1, 32),
            _ => (96, 256, 1, 1, 32),
        };
        let busy_chain_limit = if effort < 4 { 0 } else { chain_limit };
        let match_effort = MatchEffort { chain_limit, good_length };
        Self { match_effort, busy_chain_limit, predictor_step, color_step, max_groups }
    }

    /// The tools for a picture of whose pixels `busy` of 16 are like no neighbour.
    pub fn for_busy(mut self, busy: u64) -> Self {
        if busy > BUSY_FOR_NEAR {
            let MatchEffort { chain_limit, .. } = &mut self.match_effort;
            *chain_limit = self.busy_chain_limit.min(*chain_limit);
        }
        self
    }

    /// The most prefix code groups of so many pixels.
    pub fn most_groups(self, pixels: usize) -> usize {
        self.max_groups.min(1 + pixels / GROUP_PIXELS)
    }

    /// The effort of the first pass, which only finds out what tokens cost.
    pub const fn first_pass(self) -> MatchEffort {
        let MatchEffort { chain_limit, good_length } = self.match_effort;
        MatchEffort { chain_limit: chain_limit / 4, good_length }
    }
}
