//! Writes the Swift face of this library, and the C header under it.

fn main() {
    uniffi::uniffi_bindgen_swift();
}
