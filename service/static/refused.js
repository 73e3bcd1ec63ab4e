/** What a refusal of the service means for the person at the page; its own sentence speaks to whoever wrote the request. */

const AGAIN = "If it goes on, tell whoever runs soapcode here.";
const SAY = {
  400: () => `The service did not understand what this page sent: reload the page and try again. ${AGAIN}`,
  403: () => "The key in use is not meant for this: ask whoever runs soapcode here for another.",
  408: () => "The note did not reach the service in time: try again.",
  413: () => "The note is too long for soapcode: give it one visit at a time.",
  422: () => "The service does not accept one of the payer, the date of service, the codes or their minutes: check them, or reload the page.",
  429: (wait) => `The service was asked too often with this key: try again ${wait ? `in ${wait}` : "in a minute"}.`,
  503: (wait) => `The service is busy or still starting: try again in ${wait || "a few seconds"}. ${AGAIN}`,
};

/** @param {Response} response @returns {string} "12 seconds", or nothing where it does not say when to come back */
function waitOf(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? `${seconds} second${seconds === 1 ? "" : "s"}` : "";
}

/** @param {Response} response that is not ok, and no question for a key @returns {string} a sentence of what to do */
export function refused(response) {
  const known = SAY[response.status];
  return known ? known(waitOf(response)) : `The service could not do this (status ${response.status}): try again. ${AGAIN}`;
}
