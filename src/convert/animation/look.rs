//! A look at what an animation shows, frame by frame.

use super::{Player, memory::Room};
use crate::{
    codec::animation::{Area, Screen},
    convert::plan::Plan,
    error::Result,
    pixel::{Layout, Size},
};

/// The samples of a screen's pixels.
pub(in crate::convert) const LAYOUT: Layout = Layout::Rgba;

/// Shows the screen after each frame, and the area of it that has changed; of the first frame all of it.
///
/// # Errors
/// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) for more frames or pixels than the limits allow, and those
/// of reading.
pub(in crate::convert) fn look(bytes: &[u8], plan: &Plan, mut take: impl FnMut(&Screen, Area)) -> Result<()> {
    let room = Room::of(plan);
    let mut player = Player::new(bytes, &plan.probe, &plan.limits, room.saving(), plan.keep_metadata)?;
    let mut changed = Some(Area { left: 0, top: 0, size: player.size() });
    while player.next()?.is_some() {
        if let Some(area) = changed.take().or_else(|| player.compositor.screen().changed_area()) {
            player.work(Size::new(player.size().width, area.size.height).pixels())?;
            take(player.compositor.screen(), area);
        }
        player.compositor.settle();
        plan.limits.pause.take();
    }
    Ok(())
}
