//! What is written is read again, and damaged headers are errors.

use super::{fields::SEG_LVL_ALT_Q, obu::sequence_header_obu, *};

/// The whole of a picture, sizes of tiles as short as can be.
fn temporal_unit(sequence: &SequenceHeader, frame: &FrameHeader, tiles: &[&[u8]]) -> Vec<u8> {
    let (last, others) = tiles.split_last().unwrap();
    let largest = others.iter().map(|tile| tile.len()).max().unwrap_or(1);
    let bytes = tile_size(largest).iter().rposition(|&byte| byte != 0).map_or(1, |at| at + 1);
    let mut frame = frame.clone();
    frame.tile_info.tile_size_bytes = bytes as u8;
    let mut data = Vec::new();
    for tile in others {
        data.extend_from_slice(&tile_size(tile.len())[..bytes]);
        data.extend_from_slice(tile);
    }
    data.extend_from_slice(last);
    let mut out = before_tiles(sequence, &frame, data.len()).unwrap();
    out.extend(data);
    out
}

/// Writes a picture, reads it and compares.
fn round_trip(sequence: &SequenceHeader, frame: &FrameHeader, tiles: &[&[u8]]) -> FrameHeader {
    let data = temporal_unit(sequence, frame, tiles);
    let picture = Picture::parse(&data, Layers::default()).unwrap();
    assert_eq!(&picture.sequence, sequence);
    assert_eq!(picture.tiles, tiles);
    let again = temporal_unit(&picture.sequence, &picture.frame, &picture.tiles);
    assert_eq!(again, data);
    for end in 0..data.len() - tiles.last().unwrap().len() {
        assert!(Picture::parse(&data[..end], Layers::default()).is_err(), "cut at {end}");
    }
    picture.frame
}

fn sequence(width: u32, height: u32) -> SequenceHeader {
    SequenceHeader {
        max_frame_width_minus_1: width - 1,
        max_frame_height_minus_1: height - 1,
        seq_level_idx: SequenceHeader::level_for(width, height),
        enable_cdef: true,
        ..SequenceHeader::default()
    }
}

#[test]
fn a_still_has_every_field_of_the_encoder() {
    let sequence = sequence(1000, 700);
    let mut frame = FrameHeader::for_still(&sequence);
    frame.quantization_params = QuantizationParams {
        base_q_idx: 120,
        delta_q_u_dc: -12,
        delta_q_u_ac: 9,
        delta_q_v_dc: -12,
        delta_q_v_ac: 9,
        using_qmatrix: true,
        qm_y: 6,
        qm_u: 7,
        qm_v: 7,
        ..QuantizationParams::default()
    };
    frame.delta_q_params = DeltaQParams { delta_q_present: true, delta_q_res: 2 };
    frame.loop_filter_params.loop_filter_level = [11, 12, 3, 4];
    frame.loop_filter_params.loop_filter_sharpness = 7;
    frame.cdef_params.cdef_damping = 5;
    frame.cdef_params.cdef_bits = 1;
    frame.cdef_params.cdef_y_pri_strength[1] = 9;
    frame.cdef_params.cdef_uv_sec_strength[1] = 4;
    frame.tx_mode = TxMode::Select;
    frame.allow_screen_content_tools = true;
    let read = round_trip(&sequence, &frame, &[&[1, 2, 3]]);
    frame.seq_qm_levels([6, 7, 7]);
    assert_eq!(read, frame);
    assert_eq!((read.mi_cols, read.mi_rows, read.frame_width, read.frame_height), (250, 176, 1000, 700));
}

impl FrameHeader {
    fn seq_qm_levels(&mut self, levels: [u8; 3]) {
        self.seg_qm_level = levels.map(|level| [level; 8]);
    }
}

#[test]
fn block_copy_turns_the_filters_off() {
    let sequence = sequence(64, 64);
    let mut frame = FrameHeader::for_still(&sequence);
    frame.quantization_params.base_q_idx = 1;
    (frame.allow_screen_content_tools, frame.allow_intrabc) = (true, true);
    frame.loop_filter_params.loop_filter_level = [11, 12, 3, 4];
    frame.cdef_params.cdef_y_pri_strength[0] = 9;
    let read = round_trip(&sequence, &frame, &[&[1]]);
    assert!(read.allow_intrabc);
    assert_eq!(read.loop_filter_params, LoopFilterParams::default());
    assert_eq!(read.cdef_params, CdefParams::default());
}

#[test]
fn lossless_follows_from_the_quantizers() {
    let sequence = sequence(64, 64);
    let mut frame = FrameHeader::for_still(&sequence);
    let read = round_trip(&sequence, &frame, &[&[1]]);
    assert!(read.coded_lossless && read.all_lossless);
    assert_eq!(read.tx_mode, TxMode::Only4x4);
    frame.quantization_params.base_q_idx = 40;
    frame.segmentation_params.segmentation_enabled = true;
    frame.segmentation_params.feature_enabled[3][SEG_LVL_ALT_Q] = true;
    frame.segmentation_params.feature_data[3][SEG_LVL_ALT_Q] = -41;
    let read = round_trip(&sequence, &frame, &[&[1]]);
    assert_eq!(read.lossless_array, [false, false, false, true, false, false, false, false]);
    assert!(!read.coded_lossless);
    assert_eq!((read.qindex(3, None), read.qindex(2, None)), (0, 40));
    assert_eq!(read.segmentation_params.last_active_seg_id, 3);
    assert!(!read.segmentation_params.seg_id_pre_skip);
}

#[test]
fn tiles_are_as_few_as_allowed_or_as_given() {
    let tiles: Vec<Vec<u8>> = (0..8).map(|tile| vec![tile; 100 + 300 * usize::from(tile)]).collect();
    let tiles: Vec<&[u8]> = tiles.iter().map(Vec::as_slice).collect();
    // 65536 columns take 16 tiles, 4096 rows of them have to be twice as many; narrow pictures are cut across.
    let sizes = [
        ((65536, 4096), (32, 1)),
        ((4096, 2304), (1, 1)),
        ((4032, 3024), (2, 1)),
        ((1000, 20_000), (2, 2)),
        ((700, 20_000), (1, 2)),
    ];
    for ((width, height), expected) in sizes {
        let info = FrameHeader::for_still(&sequence(width, height)).tile_info;
        assert_eq!((info.tile_cols, info.tile_rows), expected, "{width}x{height}");
    }
    for use_128x128_superblock in [false, true] {
        let sequence = SequenceHeader { use_128x128_superblock, ..sequence(1000, 700) };
        let mut frame = FrameHeader::for_still(&sequence);
        frame.tile_info.tile_cols_log2 = 2;
        frame.tile_info.tile_rows_log2 = 1;
        frame.tile_info.context_update_tile_id = 7;
        let read = round_trip(&sequence, &frame, &tiles).tile_info;
        assert_eq!((read.tile_cols, read.tile_rows, read.tile_size_bytes), (4, 2, 2));
        assert_eq!(read.mi_col_starts[..5], [0, 64, 128, 192, 250]);
        assert_eq!(read.mi_row_starts[..3], [0, 96, 176]);
        frame.tile_info.uniform_tile_spacing_flag = false;
        frame.tile_info.mi_col_starts[..5].copy_from_slice(&[0, 32, 160, 224, 250]);
        frame.tile_info.mi_row_starts[..3].copy_from_slice(&[0, 32, 176]);
        let read = round_trip(&sequence, &frame, &tiles).tile_info;
        assert_eq!(read.mi_col_starts, frame.tile_info.mi_col_starts);
        assert_eq!(read.mi_row_starts[..3], [0, 32, 176]);
    }
}

#[test]
fn other_headers_go_around() {
    let mut sequence = sequence(300, 200);
    sequence.reduced_still_picture_header = false;
    sequence.seq_profile = 2;
    sequence.color_config = ColorConfig {
        bit_depth: 12,
        color_primaries: 9,
        transfer_characteristics: 16,
        matrix_coefficients: 9,
        color_range: false,
        subsampling_y: 0,
        separate_uv_delta_q: true,
        ..ColorConfig::default()
    };
    (sequence.enable_superres, sequence.enable_restoration) = (true, true);
    sequence.film_grain_params_present = true;
    (sequence.enable_order_hint, sequence.order_hint_bits) = (true, 7);
    (sequence.frame_id_numbers_present_flag, sequence.delta_frame_id_length_minus_2) = (true, 5);
    sequence.use_128x128_superblock = true;
    let mut frame = FrameHeader::for_still(&sequence);
    (frame.current_frame_id, frame.order_hint) = (77, 99);
    frame.quantization_params.base_q_idx = 9;
    (frame.quantization_params.delta_q_v_ac, frame.quantization_params.delta_q_u_dc) = (-3, 63);
    (frame.use_superres, frame.superres_denom) = (true, 13);
    (frame.render_width, frame.render_height) = (150, 100);
    frame.loop_filter_params.loop_filter_level = [0, 63, 1, 2];
    frame.loop_filter_params.loop_filter_delta_enabled = true;
    frame.loop_filter_params.loop_filter_ref_deltas[0] = -63;
    frame.loop_filter_params.loop_filter_mode_deltas[1] = 5;
    frame.lr_params.frame_restoration_type =
        [RestorationType::Switchable, RestorationType::Wiener, RestorationType::Sgrproj];
    frame.lr_params.loop_restoration_size = [256; 3];
    frame.film_grain_params = Some(grain());
    let mut read = round_trip(&sequence, &frame, &[&[5; 9]]);
    assert_eq!((read.frame_width, read.upscaled_width, read.mi_cols), (185, 300, 48));
    assert!(read.lr_params.uses_lr);
    assert_eq!(read.film_grain_params, frame.film_grain_params);
    assert_eq!(read.loop_filter_params, frame.loop_filter_params);
    assert_eq!(read.quantization_params, frame.quantization_params);
    read.lr_params.uses_lr = false;
    assert_eq!(read.lr_params, frame.lr_params);
}

fn grain() -> FilmGrainParams {
    let mut grain = FilmGrainParams {
        grain_seed: 0xBEEF,
        num_y_points: 2,
        num_cr_points: 1,
        grain_scaling_minus_8: 2,
        ar_coeff_lag: 3,
        ar_coeff_shift_minus_6: 1,
        cr_mult: 128,
        cr_luma_mult: 192,
        cr_offset: 256,
        overlap_flag: true,
        ..FilmGrainParams::default()
    };
    grain.point_y[1] = ScalingPoint { value: 255, scaling: 40 };
    grain.point_cr[0] = ScalingPoint { value: 128, scaling: 30 };
    grain.ar_coeffs_y_plus_128 = std::array::from_fn(|i| 120 + i as u8);
    grain.ar_coeffs_cr_plus_128 = std::array::from_fn(|i| 140 - i as u8);
    grain
}

/// An OBU with a layer: `temporal_id` 0.
fn layered(kind: u8, spatial_id: u8, payload: &[u8]) -> Vec<u8> {
    let mut obu = vec![kind << 3 | 6, spatial_id << 3, payload.len() as u8];
    obu.extend_from_slice(payload);
    obu
}

#[test]
fn the_layer_wanted_is_found() {
    let mut sequence = sequence(64, 64);
    sequence.reduced_still_picture_header = false;
    sequence.operating_points_cnt_minus_1 = 1;
    sequence.operating_point_idc[..2].copy_from_slice(&[0x301, 0x101]);
    let mut data = sequence_header_obu(&sequence).unwrap();
    for spatial_id in 0..2 {
        let mut frame = FrameHeader::for_still(&sequence);
        frame.quantization_params.base_q_idx = 10 + spatial_id;
        let mut payload = frame.write(&sequence).unwrap();
        payload.push(7);
        data.extend(layered(6, spatial_id, &payload));
    }
    // A frame predicted from others: not an existing one, inter, shown.
    let mut predicted = data.clone();
    predicted.extend(layered(6, 1, &[0b0011_0000]));
    let base_q_idx = |data: &[u8], operating_point, spatial_id| {
        let picture = Picture::parse(data, Layers { operating_point, spatial_id });
        picture.map(|picture| picture.frame.quantization_params.base_q_idx)
    };
    assert_eq!(base_q_idx(&data, 0, None).unwrap(), 11);
    assert_eq!(base_q_idx(&data, 0, Some(0)).unwrap(), 10);
    assert_eq!(base_q_idx(&data, 0, Some(1)).unwrap(), 11);
    assert_eq!(base_q_idx(&data, 1, None).unwrap(), 10);
    assert!(base_q_idx(&data, 0, Some(2)).is_err());
    assert!(base_q_idx(&data, 2, None).is_err());
    assert_eq!(base_q_idx(&predicted, 0, Some(0)).unwrap(), 10);
    let error = base_q_idx(&predicted, 0, None).unwrap_err();
    assert_eq!(error.kind(), crate::error::ErrorKind::Unsupported);
}

#[test]
fn damaged_headers_do_not_panic() {
    let sequence = sequence(1000, 700);
    let mut frame = FrameHeader::for_still(&sequence);
    frame.quantization_params.base_q_idx = 120;
    frame.tile_info.tile_cols_log2 = 2;
    let tiles: [&[u8]; 4] = [&[1; 40], &[2; 41], &[3; 42], &[4; 43]];
    let data = temporal_unit(&sequence, &frame, &tiles);
    let mut sound = 0;
    for i in 0..30 {
        for value in 0..=255 {
            let mut damaged = data.clone();
            damaged[i] = value;
            sound += usize::from(Picture::parse(&damaged, Layers::default()).is_ok());
        }
    }
    assert!(sound > 30, "each byte as it was is sound");
}

#[test]
fn superres_leaves_16_columns() {
    for (width, coded) in [(1, 1), (12, 12), (20, 16), (32, 16), (40, 20)] {
        let mut sequence = sequence(width, 30);
        sequence.enable_superres = true;
        let mut frame = FrameHeader::for_still(&sequence);
        frame.quantization_params.base_q_idx = 9;
        (frame.use_superres, frame.superres_denom) = (true, 16);
        let read = round_trip(&sequence, &frame, &[&[1, 2]]);
        assert_eq!((read.frame_width, read.upscaled_width), (coded, width));
    }
}
