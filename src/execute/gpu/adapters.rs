//! The adapters of this machine, and which of them a selector takes.

use crate::{
    error::{Error, Result},
    execute::AdapterInfo,
};

fn instance(backends: wgpu::Backends) -> wgpu::Instance {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = backends;
    // Validation layers are a developer's tool: they cost time and print to stderr.
    descriptor.flags = wgpu::InstanceFlags::empty();
    wgpu::Instance::new(descriptor)
}

/// What is known of an adapter.
pub fn describe(adapter: &wgpu::Adapter) -> AdapterInfo {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => "discrete_gpu",
        wgpu::DeviceType::IntegratedGpu => "integrated_gpu",
        wgpu::DeviceType::VirtualGpu => "virtual_gpu",
        wgpu::DeviceType::Cpu => "cpu",
        wgpu::DeviceType::Other => "other",
    };
    // A software rasteriser behind GL calls itself "other" on some systems.
    let name = info.name.to_ascii_lowercase();
    let software = ["llvmpipe", "lavapipe", "softpipe", "swiftshader", "software"].iter().any(|s| name.contains(s));
    AdapterInfo {
        name: info.name,
        api: info.backend.to_str().to_owned(),
        kind: kind.to_owned(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        max_buffer_bytes: limits.max_buffer_size,
        max_binding_bytes: limits.max_storage_buffer_binding_size,
        hardware: kind != "cpu" && !software,
    }
}

/// Every adapter that can run compute shaders, hardware first, native interfaces before GL.
pub fn list() -> Vec<(wgpu::Adapter, AdapterInfo)> {
    // GL only where nothing else answers: its loaders print to stderr and add nothing beside a native interface.
    let native = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
    let mut found = pollster::block_on(instance(native).enumerate_adapters(native));
    if found.is_empty() {
        found = pollster::block_on(instance(wgpu::Backends::GL).enumerate_adapters(wgpu::Backends::GL));
    }
    let mut usable: Vec<_> = found
        .into_iter()
        .filter(|a| a.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS))
        .map(|a| {
            let info = describe(&a);
            (a, info)
        })
        .collect();
    let rank = |info: &AdapterInfo| {
        let kind = match info.kind.as_str() {
            "discrete_gpu" => 0,
            "integrated_gpu" => 1,
            "virtual_gpu" => 2,
            _ => 3,
        };
        (!info.hardware, info.api == "gl", kind)
    };
    usable.sort_by_key(|(_, info)| rank(info));
    usable
}

/// The positions of the adapters that `selector` takes, in the order in which they are tried: the one at a position in
/// [`list`] (`1`), those of an interface (`vulkan:` and part of a name), or those with part of a name; where there is no
/// selector, all hardware.
///
/// # Errors
/// [`Error::NoAdapter`] where there is none, listing what there is.
pub fn taken<'a>(found: impl Iterator<Item = &'a AdapterInfo> + Clone, selector: Option<&str>) -> Result<Vec<usize>> {
    let position = selector.and_then(|selector| selector.parse::<usize>().ok()).filter(|&position| position < found.clone().count());
    let named = |info: &AdapterInfo, part: &str| info.name.to_ascii_lowercase().contains(&part.to_ascii_lowercase());
    let is_taken = |index: usize, info: &AdapterInfo| match (position, selector) {
        (Some(position), _) => index == position,
        (None, None) => info.hardware,
        (None, Some(selector)) => match selector.split_once(':') {
            Some((api, part)) if API_NAMES.contains(&api.to_ascii_lowercase().as_str()) => {
                info.api.eq_ignore_ascii_case(api) && named(info, part)
            }
            _ => named(info, selector),
        },
    };
    let taken: Vec<usize> = found.clone().enumerate().filter(|(index, info)| is_taken(*index, info)).map(|(index, _)| index).collect();
    if !taken.is_empty() {
        return Ok(taken);
    }
    let names: Vec<String> = found.enumerate().map(|(index, i)| format!("{index}: {} ({}, {})", i.name, i.api, i.kind)).collect();
    let found = match (names.is_empty(), selector) {
        (true, _) => "no Vulkan, Metal, DX12 or GL driver answers".to_owned(),
        (false, Some(_)) => format!("there are {}", names.join("; ")),
        (false, None) => format!("only software adapters answer, which must be chosen by name: {}", names.join("; ")),
    };
    Err(Error::NoAdapter { selector: selector.map(str::to_owned), found })
}

/// Names of interfaces, as [`AdapterInfo::api`] has them.
const API_NAMES: [&str; 4] = ["vulkan", "metal", "dx12", "gl"];

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str, api: &str, hardware: bool) -> AdapterInfo {
        let (name, api) = (name.to_owned(), api.to_owned());
        AdapterInfo { name, api, kind: String::new(), driver: String::new(), max_buffer_bytes: 0, max_binding_bytes: 0, hardware }
    }

    #[test]
    fn adapters_are_taken_by_position_interface_or_name() {
        let found = [
            adapter("RTX 4090", "vulkan", true),
            adapter("RTX 4090", "vulkan", true),
            adapter("RTX 4090", "dx12", true),
            adapter("llvmpipe (LLVM 15)", "vulkan", false),
        ];
        let taken = |selector| taken(found.iter(), selector).map_err(|error| error.to_string());
        assert_eq!(taken(None), Ok(vec![0, 1, 2]));
        assert_eq!(taken(Some("1")), Ok(vec![1]));
        assert_eq!(taken(Some("3")), Ok(vec![3]));
        assert_eq!(taken(Some("4090")), Ok(vec![0, 1, 2]), "no position, so part of a name");
        assert_eq!(taken(Some("DX12:rtx")), Ok(vec![2]));
        assert_eq!(taken(Some("vulkan:")), Ok(vec![0, 1, 3]));
        assert_eq!(taken(Some("LLVM")), Ok(vec![3]));
        let refused = taken(Some("metal:")).unwrap_err();
        assert!(refused.contains("metal:") && refused.contains("2: RTX 4090 (dx12"), "{refused}");
    }
}
