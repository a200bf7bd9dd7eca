//! What the steps of a filter take: each keeps its result until the filter is done.

use resvg::{
    tiny_skia::{IntRect, Transform},
    usvg::{
        Group,
        filter::{Filter, Kind},
    },
};

/// Nanoseconds a pixel: a step that looks at each once, one that computes, a blur.
const SIMPLE: f64 = 15.0;
const COMPUTED: f64 = 60.0;
const BLURRED: f64 = 60.0;
/// Nanoseconds: a neighbour that is looked at, an octave of noise.
const NEIGHBOUR: f64 = 4.0;
const OCTAVE: f64 = 160.0;
/// The layers that a step has in work beside its result: its inputs, and copies in another space of colours.
const IN_WORK: f64 = 3.0;

/// Bytes and nanoseconds of a filter on a layer, and what it draws itself.
pub(super) fn filter(filter: &Filter, transform: Transform, size: [f32; 2]) -> (f64, f64, Vec<&Group>) {
    let rect = filter.rect().transform(transform).map(|rect| rect.to_int_rect());
    let pixels = region(rect, size);
    let (across, down) = transform.get_scale();
    let mut time = pixels * SIMPLE;
    let mut links = Vec::new();
    for primitive in filter.primitives() {
        // A window of a morphology is never larger than the picture.
        let window = |radius: f32, scale: f32, side: f32| f64::from((2.0 * radius * scale + 2.0).min(side));
        let each = match primitive.kind() {
            Kind::Morphology(it) => {
                NEIGHBOUR
                    * window(it.radius_x().get(), across, size[0])
                    * window(it.radius_y().get(), down, size[1])
            }
            Kind::ConvolveMatrix(it) => {
                4.0 * NEIGHBOUR * f64::from(it.matrix().columns()) * f64::from(it.matrix().rows())
            }
            Kind::Turbulence(it) => {
                let frequency = it.base_frequency_x().get().max(it.base_frequency_y().get());
                OCTAVE
                    * f64::from(it.num_octaves())
                    * finite_noise(frequency, it.num_octaves(), transform, size)
            }
            Kind::GaussianBlur(_) => BLURRED,
            Kind::DropShadow(_) => BLURRED + 2.0 * COMPUTED,
            Kind::Merge(it) => SIMPLE * it.inputs().len() as f64,
            Kind::Image(it) => {
                links.push(it.root());
                SIMPLE
            }
            Kind::Flood(_) | Kind::Offset(_) => SIMPLE,
            _ => COMPUTED,
        };
        time += pixels * (each + SIMPLE);
    }
    (4.0 * pixels * (filter.primitives().len() as f64 + IN_WORK), time, links)
}

/// 1 where the noise's lattice is within 32 bits, beyond which `resvg` fails; else no finite number.
fn finite_noise(frequency: f32, octaves: u32, transform: Transform, size: [f32; 2]) -> f64 {
    let (across, down) = transform.get_scale();
    let reach = (size[0] + transform.tx.abs()) / across + (size[1] + transform.ty.abs()) / down;
    let lattice = f64::from(reach) * f64::from(frequency) * libm::exp2(f64::from(octaves.min(64)));
    if lattice < f64::from(1 << 29) { 1.0 } else { f64::INFINITY }
}

/// True if a step of a filter throws light.
pub(super) fn has_light(filter: &Filter) -> bool {
    let lights = |kind: &Kind| matches!(kind, Kind::DiffuseLighting(_) | Kind::SpecularLighting(_));
    filter.primitives().iter().any(|primitive| lights(primitive.kind()))
}

/// The part of a layer that a filter's region takes, in pixels.
fn region(rect: Option<IntRect>, size: [f32; 2]) -> f64 {
    let layer = f64::from(size[0]) * f64::from(size[1]);
    rect.map_or(layer, |rect| (f64::from(rect.width()) * f64::from(rect.height())).min(layer))
}
