//! Which files are served, by their names' extensions.

use serde_json::Value as Json;

use super::{grammar::Grammar, words::Names};

/// Which file extensions are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Everything but files and folders of a local target whose names begin with a dot; what is no picture has the
    /// type that its extension says.
    Everything,
    /// These, in lower case and without a dot. Default [`Allowed::USUAL`].
    Extensions(Vec<String>),
}

impl Default for Allowed {
    fn default() -> Self {
        Self::Extensions(Self::USUAL.map(String::from).to_vec())
    }
}

impl Allowed {
    /// The extensions of all formats that are known here, and of Nikon's raw files, whose first picture is a TIFF's.
    pub const USUAL: [&str; 20] = [
        "jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "avif", "bmp", "ico", "cur", "tif",
        "tiff", "heic", "heif", "jxl", "svg", "svgz", "nef",
    ];

    /// True if a local path (`/` between its parts) leads to what is hidden: where everything is served, no name may
    /// begin with a dot, but for `.well-known` (RFC 8615).
    #[must_use]
    pub fn hides(&self, path: &str) -> bool {
        let is_hidden = |part: &str| part.starts_with('.') && part != ".well-known";
        *self == Self::Everything && path.split('/').any(is_hidden)
    }

    /// True if a file of that name is served.
    #[must_use]
    pub fn permits(&self, name: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Extensions(list) => name
                .rsplit_once('.')
                .is_some_and(|(_, extension)| list.iter().any(|known| known.eq_ignore_ascii_case(extension))),
        }
    }
}

/// File extensions, with a dot before them or not; `*` among them is every file.
#[derive(Debug, Clone, Copy)]
pub struct Extensions;

impl Grammar for Extensions {
    type Value = Allowed;
    type Default = &'static [&'static str];

    fn read(self, written: &Json) -> Result<Allowed, Json> {
        let names = Names.read(written)?;
        if names.iter().any(|name| name == "*") {
            return Ok(Allowed::Everything);
        }
        let extension = |name: String| {
            let bare = name.trim_start_matches('.').to_ascii_lowercase();
            let is_one = !bare.is_empty() && !bare.contains(['/', '*']);
            if is_one { Ok(bare) } else { Err(Json::String(name)) }
        };
        names.into_iter().map(extension).collect::<Result<_, _>>().map(Allowed::Extensions)
    }

    fn allowed(self) -> String {
        "a list of file extensions, such as jpg, or *".to_owned()
    }

    fn value(self, default: Self::Default) -> Allowed {
        Allowed::Extensions(Names.value(default))
    }

    fn write(self, default: Self::Default) -> Json {
        Names.write(default)
    }
}
