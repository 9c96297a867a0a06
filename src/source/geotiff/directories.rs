//! The directories behind the first: its mask, and what else a file holds.

use super::{
    ifd::{Header, Ifd},
    image::Image,
};
use crate::error::Result;
use tiff::tags::Tag;

/// Directories that are looked at.
const MAX_DIRECTORIES: usize = 64;

/// What a directory is to the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An overview: the same picture, smaller.
    Overview,
    /// A mask, of the first image or of an overview (then `reduced`).
    Mask { reduced: bool },
    /// A picture of its own.
    Page,
}

impl Role {
    /// What `NewSubfileType`, or else the older `SubfileType`, says.
    ///
    /// # Errors
    /// As [`Header::one`].
    pub fn of(header: &Header<'_>, ifd: &Ifd) -> Result<Self> {
        /// `SubfileType`.
        const OLD: u16 = 255;
        let kind = match header.one(ifd, Tag::NewSubfileType)? {
            Some(kind) => kind,
            None => u64::from(header.one(ifd, Tag::from_u16_exhaustive(OLD))? == Some(2)),
        };
        Ok(match (kind & 4 != 0, kind & 1 != 0) {
            (true, reduced) => Self::Mask { reduced },
            (false, true) => Self::Overview,
            (false, false) => Self::Page,
        })
    }
}

/// What stands behind the first directory.
#[derive(Default)]
pub(super) struct Others {
    /// The mask of the first image.
    pub mask: Option<Image>,
    /// Number of overviews.
    pub overviews: usize,
    /// What a job should warn of.
    pub warnings: Vec<String>,
}

impl Others {
    /// Looks at the directories from the one at `next` on.
    ///
    /// # Errors
    /// What keeps the mask from being found; damage behind it is a warning.
    pub fn find(header: &Header<'_>, next: u64, image: &Image) -> Result<Self> {
        let mut others = Self::default();
        let mut pages = 0;
        let mut seen = vec![header.first];
        let mut at = next;
        while at != 0 && seen.len() < MAX_DIRECTORIES {
            if seen.contains(&at) {
                others.warnings.push("its directories form a loop: none is looked at twice".to_owned());
                break;
            }
            seen.push(at);
            match others.look_at(header, at, image, &mut pages) {
                Ok(next) => at = next,
                Err(_) if others.mask.is_some() => {
                    others.warnings.push(format!("its directory {} is damaged, and what follows is not looked at", seen.len()));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if pages > 0 {
            let (pages, are) = if pages == 1 { ("another page".to_owned(), "is") } else { (format!("{pages} more pages"), "are") };
            others.warnings.push(format!("it has {pages}, which {are} not read"));
        }
        Ok(others)
    }

    /// Takes in one directory; returns where the next is.
    fn look_at(&mut self, header: &Header<'_>, at: u64, image: &Image, pages: &mut usize) -> Result<u64> {
        let ifd = header.directory(at)?;
        let is = |tag, size| -> Result<bool> { Ok(header.one(&ifd, tag)? == Some(size as u64)) };
        match Role::of(header, &ifd)? {
            Role::Overview => self.overviews += 1,
            Role::Page => *pages += 1,
            // Of the same size as the first image.
            Role::Mask { reduced: false }
                if self.mask.is_none() && is(Tag::ImageWidth, image.cols)? && is(Tag::ImageLength, image.rows)? =>
            {
                self.mask = Some(Image::describe(header, &ifd, true)?);
            }
            Role::Mask { .. } => {}
        }
        Ok(ifd.next)
    }
}
