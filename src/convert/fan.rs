//! One decoding for several pictures: each takes the rows as if it were alone, and the end of one is none of the others'.

use super::{
    plan::Plan,
    strips::{Framed, Gathered, Goal, Made, Photo, Streamed, no_rows},
};
use crate::{
    codec::{
        self,
        rows::{Head, Rows, Sink},
    },
    error::{Error, Result},
    pixel::Orientation,
};

/// What came of a source's rows for one of several pictures.
pub(super) enum Taken {
    /// They were coded as they came.
    Coded(Result<Streamed>),
    /// They were scaled.
    Framed(Result<Framed>),
    /// They don't come as this one needs them: it has to be decoded by itself.
    Apart,
}

/// Decodes a source once, by rows, for all pictures that are planned of it. One that streams has the goal of its rows.
pub(super) fn decode_once(bytes: &[u8], wanted: Vec<(&Plan, Option<Goal>)>) -> Vec<Taken> {
    let Some(&(first, _)) = wanted.first() else { return Vec::new() };
    let mut fan = Fan { lanes: wanted.into_iter().map(Lane::new).collect(), turn: Orientation::Upright };
    let decoded = codec::decode_rows(first.probe.format, bytes, &first.limits, &mut fan);
    fan.lanes.into_iter().map(|lane| lane.into_taken(&decoded)).collect()
}

struct Fan<'a> {
    lanes: Vec<Lane<'a>>,
    turn: Orientation,
}

/// One of the pictures.
struct Lane<'a> {
    taker: Taker<'a>,
    state: State,
}

enum Taker<'a> {
    Photo(Box<Photo<'a>>),
    Gathered(Box<Gathered<'a>>),
}

enum State {
    /// Its rows come.
    Open,
    /// It needs no more of them.
    Settled,
    /// It wants none, or others.
    Apart,
    Failed(Error),
}

impl<'a> Lane<'a> {
    fn new((plan, goal): (&'a Plan, Option<Goal>)) -> Self {
        let taker = match goal {
            Some(goal) => Taker::Photo(Box::new(Photo::new(plan, goal))),
            None => Taker::Gathered(Box::new(Gathered::new(&plan.frame))),
        };
        Self { taker, state: State::Open }
    }

    /// Lets go of what it holds.
    fn leave(&mut self, state: State) {
        self.taker.let_go();
        self.state = state;
    }

    /// The scale at which its rows are to come, and how they are to be turned.
    fn begin(&mut self, head: Head) -> Option<(u32, Orientation)> {
        let (stored, can_turn) = (head.orientation, head.can_turn);
        let sink = self.taker.sink();
        match sink.begin(head) {
            Ok(Some(scale_num)) => {
                Some((scale_num, if can_turn { sink.turn(stored) } else { Orientation::Upright }))
            }
            Ok(None) => {
                self.leave(State::Apart);
                None
            }
            Err(error) => {
                self.leave(State::Failed(error));
                None
            }
        }
    }

    fn take(&mut self, rows: Rows<'_>) {
        if let Err(error) = self.taker.sink().take(rows) {
            match &self.taker {
                // Nothing failed but what had come to its end.
                Taker::Photo(photo) if photo.is_settled() => self.state = State::Settled,
                _ => self.leave(State::Failed(error)),
            }
        }
    }

    const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    fn into_taken(self, decoded: &Result<bool>) -> Taken {
        let failed = match (self.state, decoded) {
            (State::Apart, _) | (State::Open, Ok(false)) => return Taken::Apart,
            (State::Failed(error), _) => Some(error),
            (State::Open, Err(error)) => Some(Error::new(error.kind(), error.to_string())),
            (State::Open, Ok(true)) | (State::Settled, _) => None,
        };
        match (self.taker, failed) {
            (Taker::Photo(_), Some(error)) => Taken::Coded(Err(error)),
            (Taker::Gathered(_), Some(error)) => Taken::Framed(Err(error)),
            (Taker::Photo(photo), None) => match photo.finish() {
                Ok(Made::File(streamed)) => Taken::Coded(Ok(streamed)),
                // It needs the rows once more, and nobody else does.
                Ok(Made::Again(_)) => Taken::Apart,
                Err((error, _)) => Taken::Coded(Err(error)),
            },
            (Taker::Gathered(gathered), None) => Taken::Framed(gathered.finish()),
        }
    }
}

impl Taker<'_> {
    fn let_go(&mut self) {
        match self {
            Self::Photo(photo) => photo.let_go(),
            Self::Gathered(gathered) => gathered.let_go(),
        }
    }

    fn sink(&mut self) -> &mut dyn Sink {
        match self {
            Self::Photo(photo) => &mut **photo,
            Self::Gathered(gathered) => &mut **gathered,
        }
    }
}

impl Sink for Fan<'_> {
    /// Those that want the rows as the first does have them.
    fn begin(&mut self, head: Head) -> Result<Option<u32>> {
        let mut chosen = None;
        for lane in &mut self.lanes {
            let Some(wanted) = lane.begin(head.clone()) else { continue };
            if *chosen.get_or_insert(wanted) != wanted {
                lane.leave(State::Apart);
            }
        }
        Ok(chosen.map(|(scale_num, turn)| {
            self.turn = turn;
            scale_num
        }))
    }

    fn turn(&self, _stored: Orientation) -> Orientation {
        self.turn
    }

    fn take(&mut self, rows: Rows<'_>) -> Result<()> {
        let mut is_wanted = false;
        for lane in self.lanes.iter_mut().filter(|lane| lane.is_open()) {
            lane.take(rows);
            is_wanted |= lane.is_open();
        }
        // Ends the decoder's work where nobody waits for more.
        if is_wanted { Ok(()) } else { Err(no_rows()) }
    }
}
