//! What `/metrics` says.

use std::{collections::BTreeMap, net::SocketAddr};

use super::http;

/// The samples by their names with their labels.
pub fn figures(admin: SocketAddr) -> BTreeMap<String, f64> {
    let reply = http::get(admin, "/metrics", &[]);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = reply.text();
    assert!(text.ends_with('\n'));
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let samples: Vec<(String, f64)> = samples
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect();
    let by_name: BTreeMap<String, f64> = samples.iter().cloned().collect();
    assert_eq!(by_name.len(), samples.len(), "a sample is there twice: {text}");
    by_name
}

pub fn is(figures: &BTreeMap<String, f64>, name: &str, value: f64) {
    assert_eq!(figures.get(name), Some(&value), "{name} in {figures:#?}");
}
