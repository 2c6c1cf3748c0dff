"""The image library: look at every image set, bring folders of images in, hand sets out, delete them."""

from pathlib import Path

import streamlit as st

from core.identifiers import ImageSetName
from core.imageset.record import ImageKind, ImageSet, Partition, TrainedOn, TumorStatus
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.image_sets import (
    ImagesRequest,
    all_image_sets,
    delete_image_set,
    export_images,
    import_images,
)
from pages.components.access_gate import researchers_only
from pages.components.augmentation_section import augmentation_section
from pages.components.error_boundary import shown_errors
from pages.components.feedback import delete_button, done, progress_bar, say_what_was_done
from pages.components.image_gallery import image_gallery
from pages.components.typed_folder import typed_folder

WIDE = Path(__file__).parents[1] / "assets" / "wide_page.css"


def main() -> None:
    paths = researchers_only()
    st.html(WIDE)
    st.title("Library")
    st.write("Every set of images in the workspace, real and synthetic. Pixels of a set never change.")
    say_what_was_done()
    with shown_errors():
        found = all_image_sets(paths)
        if not found:
            st.info("There are no images yet. Import a folder of them here, or patients on the Patients page.")
        with st.expander("Import a folder of images", icon=":material/add:", expanded=not found):
            _import_folder(paths)
        if found:
            names = {
                f"{entry.name} · {entry.n_images} {entry.kind} · {entry.tumor_status}": entry for entry in found
            }
            label = st.selectbox("Image set", names)
            _image_set(paths, names[label])


def _image_set(paths: WorkspacePaths, image_set: ImageSet) -> None:
    st.subheader(image_set.name)
    facts = {
        "Images": f"{image_set.n_images:,} {image_set.kind}, {image_set.tumor_status}",
        "Cohort": image_set.cohort,
        "Trained on": image_set.trained_on and f"{image_set.trained_on}{_attested(image_set.trained_on)}",
        "Since": image_set.created_at[:10],
        "SHA-256": f"`{image_set.sha256}`",
    }
    st.markdown(" · ".join(f"{name}: {value}" for name, value in facts.items() if value))
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Provenance"):
            st.json(dict(image_set.provenance))
        _export(paths, image_set)
        st.page_link("curation.py", label="Curate", icon=":material/rule:", query_params={"set": image_set.name})
        delete_button(f"image set {image_set.name}", lambda: delete_image_set(paths, image_set.name))
    augmentation_section(paths, image_set)
    image_gallery(paths, image_set, None, mode="view")


def _attested(trained_on: TrainedOn) -> str:
    return " (attested by whoever imported the images)" if trained_on.attested else ""


def _export(paths: WorkspacePaths, image_set: ImageSet) -> None:
    with st.popover("Export as PNG folders"), st.form(f"export {image_set.name}", border=False):
        default = str(paths.exports / image_set.name)
        folder = st.text_input("Folder on the app's computer", default)
        if st.form_submit_button("Export", type="primary"):
            with shown_errors():
                n_images = export_images(paths, image_set.name, typed_folder(folder))
                done(f"{n_images} images with a manifest are in {folder}.")


def _import_folder(paths: WorkspacePaths) -> None:
    with st.form("import images", border=False):
        left, right = st.columns(2)
        folder = left.text_input("Folder on the app's computer", placeholder="/data/my-gan/tumor")
        name = right.text_input("Name of the image set", placeholder="my-gan-tumor")
        kind = left.selectbox("These images are", [*ImageKind], index=None)
        tumor_status = right.selectbox("All of them show", [*TumorStatus], index=None)
        cohort = left.selectbox(
            "The generator was trained on",
            [entry.name for entry in all_cohorts(paths)],
            index=None,
            placeholder="Unknown, or not on a cohort of this workspace",
        )
        partition = right.selectbox("… on these of its patients", [*Partition], disabled=False)
        if st.form_submit_button("Import", type="primary"):
            if kind is None or tumor_status is None:
                st.error("Say whether the images are real or synthetic, and what they show.")
                return
            with shown_errors():
                request = ImagesRequest(
                    name=ImageSetName(name),
                    folder=typed_folder(folder),
                    kind=kind,
                    tumor_status=tumor_status,
                    trained_on=cohort and TrainedOn(cohort=cohort, partition=partition, attested=True),
                )
                image_set, skipped = import_images(paths, request, on_progress=progress_bar("Importing"))
                lines = [{"File": entry.path, "Reason": entry.reason} for entry in skipped]
                done(f"{image_set.name}: {image_set.n_images} images.", skipped=lines)


main()
