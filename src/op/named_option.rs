//! Options whose values have names.

/// Declares an option whose values have names, the default first: parsed case-insensitively, shown as GDAL spells them.
macro_rules! named_option {
    ($(#[$meta:meta])* $what:literal $name:ident {
        $(#[doc = $first_doc:literal])* #[default] $first:ident = $first_text:literal,
        $($(#[doc = $doc:literal])* $variant:ident = $text:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = $first_doc])* #[default] $first, $($(#[doc = $doc])* $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &[$name] = &[$name::$first, $($name::$variant,)*];

            /// Their names and what they mean.
            pub const CHOICE: &$crate::op::Choice = &$crate::op::Choice {
                values: &[
                    $crate::op::ChoiceValue { name: $first_text, about: &[$($first_doc),*] },
                    $($crate::op::ChoiceValue { name: $text, about: &[$($doc),*] },)*
                ],
            };

            /// As GDAL spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $name::$first => $first_text, $($name::$variant => $text,)* }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| {
                    $crate::error::Error::Usage {
                        what: $what,
                        given: text.to_owned(),
                        accepted: [$first_text, $($text),*].join(", "),
                    }
                })
            }
        }
    };
}
pub(crate) use named_option;
