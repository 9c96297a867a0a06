//! Words in any order become a pipeline or a refusal of one message; none panics.

use super::{steps, tree, words};
use std::ffi::OsString;

const WHOLE: [&str; 5] = [
    "read a.tif ! slope --unit percent ! focal --radius 2 ! write b.tif",
    "read a.tif ! tee [ slope ! write b.tif ] [ hillshade -z 2 ! tee [ write c.tif ] [ write d.tif --cog ] ]",
    "--host-memory 64M read a.tif,2 ! calc A-B --B [ read b.tif ! focal ] ! write -q c.tif",
    "read a.tif ! stack [ select -b 1 ] [ read b.tif ! clamp --min 0 ] ! write c.tif --dtype uint8",
    "read a.tif --input-nodata none ! reclassify --map 0:1=2,3:=4 ! color-map viridis ! write c.tif",
];
const MORE: [&str; 24] = [
    "!",
    "[",
    "]",
    "--",
    "-",
    "",
    "tee",
    "stack",
    "select",
    "write",
    "read",
    "calc",
    "focal",
    "--radius",
    "-1",
    "1e400",
    "nan",
    "[input 0]",
    "--B",
    "-b",
    "99999999999999999999",
    "--help",
    "\u{202e}\u{1b}[2J",
    "--threads",
];

/// Steele, Lea and Flood 2014: SplitMix64.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) as usize >> 1
}

#[test]
fn altered_pipelines_are_understood_or_refused() {
    let mut state = 1;
    let (mut understood, mut refused) = (0, 0);
    for number in 0..1500 {
        let mut altered: Vec<&str> = WHOLE[number % WHOLE.len()].split(' ').collect();
        for _ in 0..next(&mut state) % 4 {
            let at = next(&mut state) % altered.len();
            let word = match next(&mut state) % 2 {
                0 => MORE[next(&mut state) % MORE.len()],
                _ => altered[next(&mut state) % altered.len()],
            };
            match next(&mut state) % 3 {
                0 => altered[at] = word,
                1 => altered.insert(at, word),
                _ if altered.len() > 1 => drop(altered.remove(at)),
                _ => {}
            }
        }
        let rewritten = words::rewrite(altered.iter().map(OsString::from));
        let found = rewritten.and_then(|words| {
            // Options of the job end with `--`.
            let steps = words.iter().position(|word| word == "--").map_or(0, |at| at + 1);
            steps::understand(tree::parse(words[steps..].to_vec())?)
        });
        match found {
            Ok(_) => understood += 1,
            Err(stop) => {
                let message = stop.message().unwrap_or_default();
                assert!(!message.is_empty(), "{altered:?} is refused without a word");
                refused += 1;
            }
        }
    }
    assert!(understood > 200 && refused > 200, "{understood} were understood, {refused} refused");
}
