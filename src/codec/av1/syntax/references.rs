//! What the coefficients of loop restoration are coded against.

/// `RefLrWiener` and `RefSgrXqd`: the coefficients before, by plane.
#[derive(Clone, Copy, Debug)]
pub(super) struct References {
    pub wiener: [[[i8; 3]; 2]; 3],
    pub sgr_xqd: [[i8; 2]; 3],
}

impl Default for References {
    /// `Wiener_Taps_Mid` and `Sgrproj_Xqd_Mid`.
    fn default() -> Self {
        Self { wiener: [[[3, -7, 15]; 2]; 3], sgr_xqd: [[-32, 31]; 3] }
    }
}
