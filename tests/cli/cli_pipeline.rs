//! `swath pipeline`: the same files as single commands, in one pass; refusals that name the step.

use crate::place::Place;
use std::fs;
use swath::op::REGISTRY;

fn same(place: &Place, a: &str, b: &str) {
    assert!(fs::read(place.path(a)).unwrap() == fs::read(place.path(b)).unwrap(), "{a} differs from {b}");
}

#[test]
fn a_pipeline_of_one_operator_is_the_command() {
    let place = Place::new().with_dem();
    place.works("slope dem.tif a.tif --unit percent --tile-size 64 --compress zstd --backend cpu");
    for (i, line) in [
        "pipeline read dem.tif ! slope --unit percent ! write 0.tif --tile-size 64 --compress zstd --backend cpu",
        "pipeline --backend cpu --tile-size 64 --compress zstd read dem.tif ! Slope -p ! write 1.tif",
        "--backend cpu -q Pipeline read dem.tif -b 1 ! slope --unit=PERCENT ! WRITE 2.tif -co COMPRESS=ZSTD -co BLOCKSIZE=64",
        "pipeline --tile-size 128 --backend cpu read --band 1 dem.tif ! slope -p ! write --blocksize 64 --compress zstd -- 3.tif",
        "pipeline read dem.tif ! tee [ slope -p ! write 4.tif ] --tile-size=64 --compress zstd --backend cpu",
    ]
    .into_iter()
    .enumerate()
    {
        place.works(line);
        same(&place, "a.tif", &format!("{i}.tif"));
    }
}

#[test]
fn branches_are_written_in_one_pass_over_the_source() {
    let place = Place::new().with_dem();
    let told = place.works(
        "pipeline --backend cpu -q --report - read dem.tif ! tee [ slope ! tee [ write slope.tif ] [ slope ! write twice.tif ] ] \
         [ hillshade -z 2 -az 45 ! write shade.tif --tile-size 128 --nodata 0 ] ! aspect -zero_for_flat ! write aspect.tif --strip-rows 16",
    );
    let report: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((report["inputs"].as_array().unwrap().len(), &report["inputs"][0]["max_decodes_per_chunk"]), (1, &1.into()));
    assert_eq!(report["inputs"][0]["chunks"], report["inputs"][0]["chunks_decoded"]);
    let mut operators: Vec<&str> = report["operators"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    operators.sort_unstable();
    // The slope that two outputs share is there once; its slope is another node.
    assert_eq!(operators, ["aspect", "hillshade", "slope", "slope"]);
    assert!(report["operators"].as_array().unwrap().iter().all(|o| o["rows"] == o["rows_computed"]), "{report:#}");
    let outputs: Vec<&str> = report["outputs"].as_array().unwrap().iter().map(|o| o["path"].as_str().unwrap()).collect();
    assert_eq!(outputs, ["slope.tif", "twice.tif", "shade.tif", "aspect.tif"]);
    for (file, line) in [
        ("slope.tif", "slope dem.tif alone.tif"),
        ("twice.tif", "slope slope.tif alone.tif"),
        ("shade.tif", "hillshade dem.tif alone.tif -z 2 -az 45 --tile-size 128 --nodata 0"),
        ("aspect.tif", "aspect dem.tif alone.tif --zero-for-flat --strip-rows 16"),
    ] {
        place.works(&format!("{line} --overwrite --backend cpu -q"));
        same(&place, file, "alone.tif");
    }
}

#[test]
fn outputs_may_be_cloud_optimised_one_or_all() {
    let place = Place::new().with_dem();
    place.works("slope dem.tif a.tif --cog --tile-size 64 --backend cpu -q");
    place.works("hillshade dem.tif b.tif --tile-size 64 --backend cpu -q");
    place.works(
        "pipeline --tile-size 64 read dem.tif ! tee [ slope ! write one.tif --cog ] [ hillshade ! write plain.tif ] --backend cpu -q",
    );
    place.works("pipeline read dem.tif ! tee [ slope ! write all.tif --tile-size 64 ] --cog --timeline t.svg --backend cpu -q");
    same(&place, "a.tif", "one.tif");
    same(&place, "b.tif", "plain.tif");
    same(&place, "a.tif", "all.tif");
    assert!(fs::read_to_string(place.path("t.svg")).unwrap().contains("overview"));
}

#[test]
fn a_copy_beside_a_computed_output_keeps_its_bits() {
    let place = Place::new().with_dem();
    place.works("pipeline read dem.tif ! tee [ write copy.tif --tile-size 64 ] ! slope ! write slope.tif --backend cpu -q");
    same(&place, "dem.tif", "copy.tif");
}

#[test]
fn options_of_the_job_may_stand_in_any_step() {
    let place = Place::new().with_dem();
    let dry = "pipeline --json read dem.tif --backend cpu ! slope --threads 1 ! write a.tif -q --dry-run";
    let plan: serde_json::Value = serde_json::from_str(&place.works(dry).stdout).unwrap();
    assert_eq!((&plan["threads"], &plan["outputs"][0]["path"]), (&1.into(), &"a.tif".into()));
    assert_eq!(place.files(), ["dem.tif"]);
    place.works("pipeline read dem.tif ! tee [ slope ! write a.tif ] [ hillshade ! write b.tif ] --backend cpu --preview a.png -q");
    assert_eq!(place.files(), ["a.png", "a.tif", "b.tif", "dem.tif"]);
    let again = "pipeline --overwrite read dem.tif ! tee [ slope ! write a.tif ] [ hillshade ! write b.tif ] --backend cpu -q";
    place.works(again);
    place.fails(&again.replace(" --overwrite", ""), 2, "a.tif exists; --overwrite replaces it");
}

#[test]
fn a_step_of_several_inputs_takes_files_and_chains_in_brackets() {
    let place = Place::new().with_dem();
    place.works("slope dem.tif slope.tif --backend cpu -q");
    place.works("focal dem.tif mean.tif --radius 3 --backend cpu -q");
    place.works("calc where(A>10,B-C,0) --A slope.tif --B mean.tif --C dem.tif a.tif --tile-size 64 --backend cpu -q");
    for (i, line) in [
        "pipeline read slope.tif ! calc where(A>10,B-C,0) --B mean.tif --C dem.tif ! write 0.tif",
        "pipeline read dem.tif ! calc where(A>10,B-C,0) --A slope.tif --B [ read mean.tif ] ! write 1.tif",
        "pipeline read dem.tif ! slope ! calc where(A>10,B-C,0) --B [ read dem.tif ! focal --radius 3 ] --C dem.tif,1 ! write 2.tif",
        "pipeline read dem.tif ! tee [ calc where(A>10,B-C,0) --A [ read dem.tif ! slope ] --B [ read dem.tif -b 1 ! focal --radius 3 ] \
         ! write 3.tif ]",
        "pipeline read dem.tif ! slope ! calc where(A>10,B,0) --B [ read dem.tif ! focal --radius 3 ! calc A-B --B dem.tif ] ! write 4.tif",
    ]
    .into_iter()
    .enumerate()
    {
        let told = place.works(&format!("{line} --tile-size 64 --backend cpu -q --report -"));
        same(&place, "a.tif", &format!("{i}.tif"));
        let report: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
        // However often a file is named, it is one input and read once.
        let mut names: Vec<&str> = report["inputs"].as_array().unwrap().iter().map(|input| input["path"].as_str().unwrap()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), report["inputs"].as_array().unwrap().len(), "{line}");
        assert!(report["inputs"].as_array().unwrap().iter().all(|input| input["max_decodes_per_chunk"] == 1), "{report:#}");
    }
    place.works("synth other.tif --size 299x200 -q");
    let said = place.swath("pipeline read dem.tif ! calc A+B --B other.tif ! write b.tif --backend cpu -q");
    assert_eq!(
        (said.status, said.stderr.trim_end()),
        (
            2,
            "swath: error: grid of 'other.tif' is not accepted: it has 299 x 200 pixels, where dem.tif has 300 x 200; rasters of one job share a grid"
        )
    );
}

#[test]
fn wrong_pipelines_exit_2_and_name_the_step() {
    let place = Place::new();
    crate::looks::write_tiny_tiff(&place.path("dem.tif"));
    // A named index is a step, and has no row of its own.
    let operators = REGISTRY.iter().map(|info| if info.name == "calc" { "calc, index" } else { info.name }).collect::<Vec<_>>().join(", ");
    let steps = format!("steps are: read, {operators}, select, stack, tee, write");
    for (line, message) in [
        ("", "steps are missing; read IN.tif ! ... ! write OUT.tif is accepted".to_owned()),
        ("slope ! write a.tif", "a pipeline begins with 'read FILE', not with 'slope'".into()),
        ("write a.tif", "a pipeline begins with 'read FILE', not with 'write'".into()),
        ("read ! slope ! write a.tif", "step 1 (read): the following required arguments were not provided: <FILE>".into()),
        ("read dem.tif", "the pipeline ends in step 1 (read); 'write FILE' (or tee) is accepted as the last step".into()),
        ("read dem.tif ! slope", "the pipeline ends in step 2 (slope); 'write FILE' (or tee) is accepted as the last step".into()),
        ("read dem.tif ! slop ! write a.tif", format!("step 2: 'slop' is not a step; did you mean 'slope'?; {steps}")),
        ("read dem.tif ! frobnicate ! write a.tif", format!("step 2: 'frobnicate' is not a step; {steps}")),
        ("read dem.tif slope ! write a.tif", "step 1 (read): unexpected argument 'slope' found; is a '!' missing before 'slope'?".into()),
        (
            "read dem.tif ! slope write a.tif ! write b.tif",
            "step 2 (slope): unexpected argument 'write' found; is a '!' missing before 'write'?".into(),
        ),
        ("read dem.tif ! ! write a.tif", format!("a step is missing after step 1 (read); {steps}")),
        ("read dem.tif ! slope !", format!("a step is missing after step 2 (slope); {steps}")),
        (
            "read dem.tif ! write a.tif ! slope",
            "step 2 (write): 'write' is the last step; tee [ ... ! write A.tif ] [ ... ! write B.tif ] writes more".into(),
        ),
        ("read dem.tif ! read dem.tif ! write a.tif", "step 2 (read): 'read' begins a pipeline and stands nowhere else".into()),
        ("read dem.tif ! tee", "step 2 (tee): branches are missing: tee [ slope ! write A.tif ]".into()),
        (
            "read dem.tif ! tee slope ! write a.tif",
            "step 2 (tee): 'slope' is not accepted; branches in brackets are: tee [ slope ! write A.tif ] [ ... ]".into(),
        ),
        (
            "read dem.tif ! tee [ slope ] [ write a.tif ]",
            "branch 1 of step 2 (tee) ends in step 3 (slope); 'write FILE' (or tee) is accepted as the last step".into(),
        ),
        ("read dem.tif ! tee [ slope ! write a.tif", "step 2 (tee): the '[' of branch 1 is not closed by ']'".into()),
        ("read dem.tif ! tee [ write a.tif ] ]", "step 3: ']' closes nothing".into()),
        ("read dem.tif ! tee [ ]", format!("a step is missing at the beginning of branch 1 of step 2 (tee); {steps}")),
        (
            "read dem.tif ! slope [ write a.tif ]",
            "step 3 (write): 'write' is not accepted here: in brackets of step 2 (slope) a chain such as read FILE ! slope is".into(),
        ),
        ("read dem.tif ! slope [ read dem.tif ] ! write a.tif", "step 2 (slope): unexpected argument '[ ... ]' found".into()),
        (
            "read dem.tif ! calc A+B --B [ read dem.tif ! tee [ write b.tif ] ] ! write a.tif",
            "step 4 (tee): 'tee' is not accepted here: in brackets of step 2 (calc) a chain such as read FILE ! slope is".into(),
        ),
        (
            "read dem.tif ! calc A+B --B [ slope ] ! write a.tif",
            "step 3 (slope): 'slope' is not accepted here: in brackets of step 2 (calc) a chain such as read FILE ! slope is".into(),
        ),
        ("read dem.tif ! calc A+B --B [ read dem.tif", "step 2 (calc): '[' is not closed by ']'".into()),
        (
            "read dem.tif ! calc A+B --B [ ] ! write a.tif",
            format!("a step is missing at the beginning of the chain in brackets of step 2 (calc); {steps}"),
        ),
        ("read dem.tif ! calc A+B ! write a.tif", "step 2 (calc): files are missing: --A FILE, --B FILE".into()),
        (
            "read dem.tif ! calc A+B --A dem.tif --B dem.tif ! write a.tif",
            "step 2 (calc): every input is named: one without a file takes the step before".into(),
        ),
        ("read dem.tif ! calc A+1 --C dem.tif ! write a.tif", "step 2 (calc): --C is not in the expression, which has A".into()),
        (
            "read dem.tif ! calc A+B --B [ read dem.tif ! slope --zfactor 0 ] ! write a.tif",
            "step 4 (slope): zfactor '0' is not accepted: a number above 0".into(),
        ),
        ("read dem.tif ! calc A+B --B dem.tif ! write dem.tif --overwrite", "dem.tif is the input dem.tif; choose another name".into()),
        ("read dem.tif ! calc A+B --B dem.tif,3 ! write a.tif", "dem.tif has no band 3: 1 to 1 is accepted".into()),
        (
            "read dem.tif ! tee [ write a.tif ] write b.tif",
            "step 2 (tee): 'write' after a branch is not accepted: '[', '!' or an option of the job is".into(),
        ),
        (
            "read dem.tif ! slope --azimuth 3 ! write a.tif",
            "step 2 (slope): unexpected argument '--azimuth' found; a similar argument exists: '--zfactor'".into(),
        ),
        ("read dem.tif ! slope --zfactor 0 ! write a.tif", "step 2 (slope): zfactor '0' is not accepted: a number above 0".into()),
        ("read dem.tif ! slope -az 3 ! write a.tif", "'-az' is not an option of slope, but of hillshade".into()),
        (
            "read dem.tif ! write a.tif -foo",
            "'-foo' is not an option of write; with one dash it has -of -co -ot -a_nodata -a_scale -a_offset -a_srs -mo -b -q -v; see 'swath pipeline --help'"
                .into(),
        ),
        (
            "read dem.tif ! slope ! write a.tif --tile-size 100",
            "step 3 (write): invalid value '100' for '--tile-size <N|COLSxROWS>': multiples of 16 from 16 to 16384 are accepted, such as 256 or 512x256".into(),
        ),
        (
            "--tile-size 100 read dem.tif ! write a.tif",
            "invalid value '100' for '--tile-size <N|COLSxROWS>': multiples of 16 from 16 to 16384 are accepted, such as 256 or 512x256".into(),
        ),
        ("read dem.tif ! tee [ write a.tif ] [ slope ! write a.tif ]", "a.tif is named for two outputs; choose another name".into()),
        ("read dem.tif ! slope ! write dem.tif --overwrite", "dem.tif is the input dem.tif; choose another name".into()),
    ] {
        let said = place.swath(&format!("pipeline {line}"));
        let told = said.stderr.trim_end().trim_start_matches("swath: error: ");
        // A similar name that clap finds is its own choice.
        let message = message.split("; a similar argument").next().unwrap();
        assert!(said.status == 2 && told.starts_with(message), "swath pipeline {line}\n{told}\n{message}");
        assert_eq!((said.stderr.lines().count(), said.stdout.as_str()), (1, ""), "{line}");
    }
    assert_eq!(place.files(), ["dem.tif"]);
}

#[test]
fn help_lists_the_steps_wherever_it_is_asked_for() {
    let place = Place::new();
    for line in ["pipeline --help", "help pipeline", "pipeline read a.tif ! slope --help", "pipeline read a.tif ! write b.tif -h"] {
        let said = place.works(line);
        for part in ["Examples:\n  swath pipeline read", "tee [ STEPS ]", "hillshade [OPTIONS]", "--tile-size", "--backend"] {
            assert!(said.stdout.contains(part), "{line}: {part}: {said:?}");
        }
    }
}
