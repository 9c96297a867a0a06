// Classes of equal count: break k of n classes parts the least k/n of all finite samples from the rest, ties together.

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    store_class(id);
}
