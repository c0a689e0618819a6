/** One's own settings: the theme and the picture are shown before they are kept. */

const byId = (id) => document.getElementById(id);

function showTheme() {
  const theme = byId("settings-form").elements.theme;
  theme.addEventListener("change", () => {
    document.documentElement.dataset.theme = theme.value;
  });
}

function showPicture(form) {
  const { picture } = form.elements;
  const error = byId("id_picture_error");
  picture.addEventListener("change", () => {
    const [file] = picture.files;
    const isTooLarge = Boolean(file) && file.size > Number(form.dataset.limit);
    tell(error, picture, isTooLarge);
    if (file && !isTooLarge) preview(byId("portrait"), file);
  });
}

/** Said before a byte is sent; the server would say it after all of them. */
function tell(error, picture, isTooLarge) {
  error.hidden = !isTooLarge;
  picture.closest(".field").classList.toggle("is-wrong", isTooLarge);
  if (isTooLarge) picture.value = "";
}

function preview(avatar, file) {
  const image = document.createElement("img");
  image.alt = "";
  image.src = URL.createObjectURL(file);
  image.addEventListener("error", () => image.remove()); // no picture after all: the server will say what is wrong
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  avatar.querySelector("img")?.remove();
  avatar.append(image);
}

showTheme();
showPicture(byId("picture-form"));
