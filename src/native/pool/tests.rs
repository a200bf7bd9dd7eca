//! Who is admitted, and what a ticket gives back.

use super::*;

const LONG: Duration = Duration::from_secs(60);

fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(work)
}

async fn refused(pool: &Pool, bytes: u64) -> Option<Kind> {
    pool.admit(bytes, Duration::ZERO).await.map_err(|error| error.kind()).err()
}

#[test]
fn the_sum_never_passes_the_budget_and_comes_back() {
    on_a_runtime(async {
        let pool = Pool::new(10, 8);
        let first = pool.admit(6, LONG).await.expect("room");
        assert_eq!(refused(&pool, 5).await, Some(Kind::Overload));
        assert_eq!(refused(&pool, 11).await, Some(Kind::OutOfMemory));
        drop(first);
        assert_eq!(refused(&pool, 10).await, None);
    });
}

#[test]
fn jobs_are_bounded_whatever_their_size() {
    on_a_runtime(async {
        let pool = Pool::new(1 << 30, 1);
        let first = pool.admit(1, LONG).await.expect("room");
        assert_eq!(refused(&pool, 1).await, Some(Kind::Overload));
        drop(first);
        assert_eq!(refused(&pool, 1).await, None);
    });
}

#[test]
fn who_waits_is_called_and_who_goes_away_holds_nothing() {
    on_a_runtime(async {
        let pool = Pool::new(10, 8);
        let first = pool.admit(10, LONG).await.expect("room");
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { pool.admit(10, LONG).await }
        });
        let gone = tokio::spawn({
            let pool = pool.clone();
            async move { pool.admit(10, LONG).await }
        });
        tokio::task::yield_now().await;
        gone.abort();
        drop(first);
        drop(waiting.await.expect("no panic").expect("a ticket"));
        assert!(gone.await.is_err());
        assert_eq!(refused(&pool, 10).await, None);
    });
}

#[test]
fn who_goes_away_lets_those_behind_go_on() {
    on_a_runtime(async {
        let pool = Pool::new(10, 8);
        let _first = pool.admit(5, LONG).await.expect("room");
        let large = tokio::spawn({
            let pool = pool.clone();
            async move { pool.admit(10, LONG).await }
        });
        tokio::task::yield_now().await;
        // It is passed over until its turn has come.
        while refused(&pool, 1).await.is_none() {}
        let small = pool.admit(1, LONG);
        let gone = async {
            tokio::task::yield_now().await;
            large.abort();
            assert!(large.await.is_err());
        };
        let (small, ()) = tokio::join!(small, gone);
        assert!(small.is_ok());
    });
}

#[test]
fn a_ticket_that_nobody_took_comes_back() {
    on_a_runtime(async {
        let pool = Pool::new(10, 1);
        let first = pool.admit(10, LONG).await.expect("room");
        let mut waiting = Box::pin(pool.admit(10, LONG));
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(
                waiting.as_mut().poll(context).is_pending()
            ))
            .await
        );
        // It is called, and goes away before it hears.
        drop(first);
        drop(waiting);
        assert_eq!(refused(&pool, 10).await, None);
    });
}

#[test]
fn one_that_pauses_lets_others_go_first_and_keeps_its_bytes() {
    on_a_runtime(async {
        let pool = Pool::new(10, 1);
        let ticket = pool.admit(6, LONG).await.expect("room");
        let (ready, is_ready) = std::sync::mpsc::channel::<()>();
        let working = move |ticket: Ticket| {
            let pause = ticket.pause();
            // Nobody waits.
            pause.take();
            is_ready.recv().expect("somebody waits");
            pause.take();
            Ok(ticket.pool.admission().queue.figures())
        };
        let others = async {
            let waits = pool.admit(4, LONG);
            let tell = async {
                tokio::task::yield_now().await;
                ready.send(()).expect("it works");
            };
            let (other, ()) = tokio::join!(waits, tell);
            let figures = pool.figures();
            assert_eq!((figures.jobs, figures.bytes, figures.waiting), (1, 10, 1));
            drop(other.expect("its turn"));
        };
        let (worked, ()) = tokio::join!(pool.run(ticket, working), others);
        assert_eq!(worked.expect("done"), (0, 1, 4));
        assert_eq!(refused(&pool, 10).await, None);
    });
}

#[test]
fn a_result_is_counted_until_nobody_has_it() {
    on_a_runtime(async {
        let pool = Pool::new(10, 1);
        let ticket = pool.admit(10, LONG).await.expect("room");
        let made = pool.run(ticket, |ticket| Ok(ticket.keep(vec![7; 4]))).await.expect("made");
        assert_eq!(*made, [7; 4]);
        pool.rested().await;
        let sent = made.clone();
        drop(made);
        assert_eq!(refused(&pool, 7).await, Some(Kind::Overload));
        assert_eq!(refused(&pool, 6).await, None);
        drop(sent);
        assert_eq!(refused(&pool, 10).await, None);
    });
}

#[test]
fn a_panic_is_an_error_of_ours_and_gives_the_ticket_back_while_others_go_on() {
    on_a_runtime(async {
        let pool = Pool::new(20, 2);
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let other = pool.admit(10, LONG).await.expect("room");
        let other = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(other, move |_ticket| Ok(wait.recv().is_ok())).await }
        });
        let ticket = pool.admit(10, LONG).await.expect("room");
        let result: Result<()> = pool.run(ticket, |_ticket| panic!("on purpose")).await;
        let error = result.expect_err("panicked");
        assert_eq!(error.kind(), Kind::Internal);
        assert!(error.to_string().contains("on purpose"));
        assert_eq!(refused(&pool, 10).await, None);
        go.send(()).expect("the other still works");
        assert!(other.await.expect("no panic").expect("done"));
        assert_eq!(refused(&pool, 20).await, None);
    });
}
