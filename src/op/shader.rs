/// The files of a shader, in the order in which they are joined.
#[derive(Clone, Copy, Debug)]
pub struct Shader {
    /// Path under `shaders/` and text; includes first, the operator's own last.
    pub files: &'static [(&'static str, &'static str)],
}

impl Shader {
    /// The whole text.
    pub fn text(&self) -> String {
        assemble(self.files.iter().map(|(_, text)| *text))
    }
}

/// Joins the texts of a shader's files.
pub fn assemble<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut whole = String::new();
    for text in texts {
        whole.push_str(text);
        whole.push('\n');
    }
    whole
}

/// The [`Shader`] that these files of `shaders/` make, in order.
macro_rules! shader {
    ($($path:literal),+) => {
        $crate::op::Shader { files: &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/", $path)))),+] }
    };
}
pub(crate) use shader;

/// The [`Shader`] of an operator of gradients: the includes and its own files.
macro_rules! terrain_shader {
    ($($own:literal),+) => {
        $crate::op::shader::shader!(
            "include/grid.wgsl",
            "include/window.wgsl",
            "include/stencil.wgsl",
            "include/gradient.wgsl",
            "include/math.wgsl",
            $($own),+
        )
    };
}
pub(crate) use terrain_shader;
