//! Links the module so that Node's symbols are found when it is loaded.

fn main() {
    napi_build::setup();
}
