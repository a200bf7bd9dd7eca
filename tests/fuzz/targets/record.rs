//! Whatever stands in a file of metadata: reading it never panics, and what is read stays the same.

use slimpix::service::Record;

pub fn target(data: &[u8]) {
    let Some(record) = Record::from_json(data) else { return };
    let again = Record::from_json(&record.to_json()).expect("what was written can be read");
    assert_eq!(again, record);
    assert_eq!(again.clone().merged(Some(record.clone())), record, "merged with itself it is itself");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let stamp = r#"{"len":9,"modified":[1,2],"etag":"\"x\"","file":{"device":1,"inode":2,"changed":[3,4]}}"#;
    let facts = format!(r#"{{"stamp":{stamp},"checked_at":[5,6],"format":"Jpeg","probe":null,"hash":"1f"}}"#);
    let made = r#"{"made":{"size":4,"hash":"2a","settings":null,"pixels":{"width":3,"height":2}}}"#;
    let ids = r#"["0123456789abcdef0123456789abcdef","x"]"#;
    [
        r#"{"id":"1","path":"/a.jpg?","checksum":"2","width":3,"height":4,"format":"jpeg","size":5}"#.to_owned(),
        format!(r#"{{"id":"1","path":"/a","slimpix":{{"source":{facts},"variants":{{"WebP":{made}}},"sizes":{ids}}}}}"#),
        r#"{"id":"1","slimpix":{"source":{"stamp":{"len":1},"checked_at":null}}}"#.to_owned(),
        r#"{"id":"1","num_pages":4294967295,"size":18446744073709551615,"blurhash":"\u0000"}"#.to_owned(),
    ]
    .map(String::into_bytes)
    .to_vec()
}
