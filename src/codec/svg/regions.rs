//! Filters that show where their region ends. What stands outside of it is to browsers a part of what is blurred or
//! moved, to `resvg` it is transparent; and a region that is turned is drawn upright by `resvg`.

use resvg::usvg::{
    Group, ImageKind, Node,
    filter::{Filter, Input, Kind},
};

use super::sheet::differs;
use crate::error::Result;

/// How far a stroke may stand over its region, as a share of the region.
const TOLERANCE: f32 = 0.001;

/// Checks the filters of a group and of all in it.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) when the end of a region would be shown otherwise than by browsers.
pub(super) fn check(group: &Group) -> Result<()> {
    for node in group.children() {
        let mut inside = Ok(());
        node.subroots(|root| {
            if inside.is_ok() {
                inside = check(root);
            }
        });
        inside?;
        match node {
            Node::Group(group) => {
                if group.filters().iter().any(|filter| is_cut(filter, group)) {
                    return differs("a filter whose region cuts what it is applied to");
                }
                if !is_upright(group) && group.filters().iter().any(|filter| is_filled(filter)) {
                    return differs("a filter whose region is turned");
                }
                check(group)?;
            }
            Node::Image(image) => {
                if let ImageKind::SVG(tree) = image.kind() {
                    check(tree.root())?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// True if a group stands over the region of a filter that looks at places beside each one.
fn is_cut(filter: &Filter, group: &Group) -> bool {
    let looks_beside = filter.primitives().iter().any(|primitive| {
        matches!(
            primitive.kind(),
            Kind::ConvolveMatrix(_)
                | Kind::DiffuseLighting(_)
                | Kind::DisplacementMap(_)
                | Kind::DropShadow(_)
                | Kind::GaussianBlur(_)
                | Kind::Morphology(_)
                | Kind::Offset(_)
                | Kind::SpecularLighting(_)
                | Kind::Tile(_)
        )
    });
    let (region, drawn) = (filter.rect().to_rect(), group.stroke_bounding_box());
    let (across, down) = (TOLERANCE * region.width(), TOLERANCE * region.height());
    let stands_over = drawn.left() < region.left() - across
        || drawn.right() > region.right() + across
        || drawn.top() < region.top() - down
        || drawn.bottom() > region.bottom() + down;
    let sees_it = filter.primitives().iter().any(|primitive| {
        let sees = |input| primitive.kind().has_input(&input);
        sees(Input::SourceGraphic) || sees(Input::SourceAlpha)
    });
    looks_beside && sees_it && stands_over
}

/// True if a filter makes something of its whole region.
fn is_filled(filter: &Filter) -> bool {
    let fills =
        |kind: &Kind| matches!(kind, Kind::Flood(_) | Kind::Image(_) | Kind::Tile(_) | Kind::Turbulence(_));
    filter.primitives().iter().any(|primitive| fills(primitive.kind()))
}

fn is_upright(group: &Group) -> bool {
    let transform = group.abs_transform();
    transform.kx == 0.0 && transform.ky == 0.0
}

#[cfg(test)]
mod tests {
    use resvg::usvg::{Options, Tree};

    use super::*;

    fn is_alike(filter: &str, transform: &str) -> bool {
        let text = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'>{filter}\
            <rect x='20' y='20' width='40' height='40' stroke='red' stroke-width='2' filter='url(#f)' \
            transform='{transform}'/></svg>"
        );
        check(Tree::from_str(&text, &Options::default()).unwrap().root()).is_ok()
    }

    #[test]
    fn a_region_that_shows_is_found() {
        let blur = "<feGaussianBlur stdDeviation='2'/>";
        assert!(is_alike(&format!("<filter id='f'>{blur}</filter>"), "rotate(30)"));
        assert!(!is_alike(&format!("<filter id='f' x='.1' width='.8'>{blur}</filter>"), ""));
        let small = "filterUnits='userSpaceOnUse' x='20' y='20' width='40' height='40'";
        assert!(!is_alike(&format!("<filter id='f' {small}>{blur}</filter>"), ""));
        // What looks at no other place is only cut.
        let gray = "<feColorMatrix type='saturate' values='0'/>";
        assert!(is_alike(&format!("<filter id='f' {small}>{gray}</filter>"), ""));
        // So is what takes nothing of the object.
        let tile = "<feFlood flood-color='red'/><feOffset dx='5'/>";
        assert!(is_alike(&format!("<filter id='f' {small}>{tile}</filter>"), ""));
        let flood = "<filter id='f'><feFlood flood-color='red'/></filter>";
        assert!(is_alike(flood, "scale(2,-1)") && !is_alike(flood, "skewX(9)"));
    }
}
