// Classes of equal width: break k of n classes is min + k (max - min) / n, min and max those of all finite samples.

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    store_class(id);
}
