//! An animation to an animated WebP, frame by frame: what is shown is scaled and turned where that is asked for, and
//! what of it has changed is coded.

use super::{
    Player,
    memory::{self, Room, loss},
};
use crate::{
    codec::{AnimationWriter, animation::Screen},
    convert::{
        Encoded,
        finish::{Finish, Finishing},
        metadata,
        plan::Plan,
        resize::{Job, Scaler},
    },
    error::Result,
    limits::try_zeroed,
    pixel::{Layout, Metadata, Orientation, Size},
};

/// Runs the plan of an animation.
///
/// # Errors
/// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) as soon as the file is longer than it may be,
/// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) for more frames or pixels than the limits allow, and
/// those of reading.
pub(in crate::convert) fn to_webp(bytes: &[u8], plan: &Plan) -> Result<Encoded> {
    let room = Room::of(plan);
    let mut player = Player::new(bytes, &plan.probe, &plan.limits, room.saving(), plan.keep_metadata)?;
    let mut writer = AnimationWriter::new(plan.output, &plan.coding, loss(plan.mode))?;
    let mut view = View::of(plan, player.size(), player.orientation.then(plan.frame.turn))?;
    while let Some(delay) = player.next()? {
        let has_room = player.compositor.saved_bytes() + room.lossless <= room.frame;
        match &mut view {
            None => {
                let changed = player.compositor.screen().changed_area();
                player.work(changed.map_or(0, |area| area.size.pixels()))?;
                writer.push(player.compositor.screen(), delay, has_room)?;
            }
            Some(view) => {
                if player.compositor.screen().changed_area().is_some() {
                    player.work(player.size().pixels() + view.screen.size().pixels())?;
                    view.draw(player.compositor.screen())?;
                }
                writer.push(&view.screen, delay, has_room)?;
                view.screen.settle();
            }
        }
        player.compositor.settle();
        plan.limits.pause.take();
    }
    let kept = match plan.keep_metadata {
        true => metadata::kept(std::mem::take(&mut player.metadata), false, plan.coding.format),
        false => Metadata::default(),
    };
    let (plays, lossless) = (player.plays(), writer.is_lossless() && view.is_none());
    drop((player, view));
    Ok(Encoded { file: writer.finish(plays, &kept)?, lossless })
}

/// What is shown, scaled, cropped, turned and finished.
struct View {
    orientation: Orientation,
    job: Job,
    finish: Option<Finish>,
    /// The size before a rim is around it.
    size: Size,
    screen: Screen,
    row: Vec<u8>,
}

impl View {
    /// `None` if what is shown stays as it is.
    fn of(plan: &Plan, canvas: Size, orientation: Orientation) -> Result<Option<Self>> {
        let Some(job) = memory::job(plan, canvas, orientation) else { return Ok(None) };
        Ok(Some(Self {
            orientation,
            finish: plan.finish.clone(),
            size: plan.frame.output,
            screen: Screen::new(plan.output)?,
            row: try_zeroed(4 * job.from.width as usize)?,
            job,
        }))
    }

    /// Draws what a screen shows.
    fn draw(&mut self, from: &Screen) -> Result<()> {
        let Self { orientation, job, finish, size, screen, row } = self;
        let mut scaler = Scaler::new(*job)?;
        let finishing =
            finish.as_ref().map(|finish| Finishing::new(finish, Layout::Rgba, Layout::Rgba, *size));
        let mut finishing = finishing.transpose()?;
        let (bytes, mut y) = (4 * screen.size().width as usize, 0);
        let mut put = |rows: &[u8]| {
            for row in rows.chunks_exact(bytes) {
                screen.put_row(y, row);
                y += 1;
            }
            Ok(())
        };
        for v in 0..job.from.height as usize {
            turned_row(from, *orientation, v, row);
            scaler.push(row, &mut |rows| match &mut finishing {
                Some(finishing) => finishing.push(rows, &mut put),
                None => put(rows),
            })?;
        }
        Ok(())
    }
}

/// A row of a turned screen.
fn turned_row(screen: &Screen, orientation: Orientation, v: usize, row: &mut [u8]) {
    let (width, height) = (screen.size().width as usize, screen.size().height as usize);
    let (flips_x, flips_y) = orientation.flips();
    if !orientation.is_transposing() && !flips_x {
        row.copy_from_slice(screen.row(if flips_y { height - 1 - v } else { v }));
        return;
    }
    for (u, pixel) in row.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let (x, y) = if orientation.is_transposing() { (v, u) } else { (u, v) };
        let x = if flips_x { width - 1 - x } else { x };
        let y = if flips_y { height - 1 - y } else { y };
        pixel.copy_from_slice(&screen.row(y)[4 * x..4 * x + 4]);
    }
}
