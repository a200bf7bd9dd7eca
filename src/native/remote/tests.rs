use std::{
    io::{self, Read, Write},
    net::TcpListener,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::*;
use crate::{
    native::settings::Folders,
    service::{Policy, Target},
};

/// An origin of one picture; gives its address and how often it was asked.
fn origin() -> io::Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = format!("http://{}", listener.local_addr()?);
    let asked = Arc::<AtomicUsize>::default();
    let counting = Arc::clone(&asked);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counting.fetch_add(1, Ordering::SeqCst);
            let picture = include_bytes!("../welcome/tea.png");
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", picture.len());
            // Who goes needs no answer.
            let _ = stream.read(&mut [0; 2048]);
            let _ = stream.write_all(&[head.as_bytes(), picture].concat());
        }
    });
    Ok((base, asked))
}

#[tokio::test]
async fn who_looked_before_a_fetch_ended_takes_what_it_brought() -> Result<()> {
    let (base, asked) = origin().expect("an origin");
    let root = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| root.path().join(name);
    let folders = Folders {
        exhaust: folder("exhaust"),
        metadata: folder("metadata"),
        remote_raw: folder("remote-raw"),
        max_bytes: 0,
        stand_in_bytes: 0,
    };
    let policy = Policy { target: Target::Remote { base: base.clone() }, ..Policy::default() };
    let bounds = Bounds { memory: 1 << 20, patience: Duration::from_secs(60), most_bytes: 1 << 20 };
    let remote = Remote::new(Upstream::new(&Arc::new(policy), &[])?, Arc::new(Store::new(folders)), bounds);
    let (url, path) = (format!("{base}/a.png"), folder("remote-raw").join("a.png"));
    let passed_on = PassedOn::default();
    let asker = Asker { passed_on: &passed_on, looked_at: Instant::now() };
    let question =
        Question { url: &url, path: &path, known: None, demand: Demand::anything(), asker, purges: 0 };
    for _ in 0..2 {
        let (fetched, _) = remote.fetch(question).await?;
        assert!(matches!(fetched, Fetched::Found(_, Some(Content::File(_)))));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // Its file is gone.
    std::fs::remove_file(&path).expect("there");
    assert!(matches!(remote.fetch(question).await?, (Fetched::Found(_, Some(_)), _)));
    // Who looked later found it, or wants it anew.
    remote.fetch(Question { asker: Asker { looked_at: Instant::now(), ..asker }, ..question }).await?;
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    // Until it is recorded, nobody found it.
    let known = Some(&Validators::default());
    let fetch = async || {
        let asker = Asker { looked_at: Instant::now(), ..asker };
        remote.fetch(Question { known, asker, ..question }).await
    };
    let (_, unwritten) = fetch().await?;
    fetch().await?;
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    drop(unwritten);
    fetch().await?;
    assert_eq!(asked.load(Ordering::SeqCst), 5);
    Ok(())
}
