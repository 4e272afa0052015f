// The token every posted request of a script carries, and the one way scripts post.

export const token = () => document.querySelector("meta[name=form-token]").content;

/** Posts a form's data or an object as JSON; resolves to the Response, whatever its status. */
export function post(url, data) {
  const isForm = data instanceof FormData;
  return fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      "Accept": "application/json",
      "X-Form-Token": token(),
      ...(isForm ? {} : { "Content-Type": "application/json" }),
    },
    body: isForm ? data : JSON.stringify(data ?? {}),
  });
}
