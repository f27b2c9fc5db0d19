/** What a browser says about where a request comes from. Programs that are no browsers send none of it. */
export type RequestOrigin = {
  method: string;
  /** The `Host` of the request, already known to be ours. */
  host: string;
  origin: string | undefined;
  /** `Sec-Fetch-Site`, `Sec-Fetch-Mode` and `Sec-Fetch-Dest`. */
  fetchSite: string | undefined;
  fetchMode: string | undefined;
  fetchDest: string | undefined;
};

/**
 * Why a request must be refused because a page of another origin made it, or undefined when none did.
 * A page on another port of this machine is another origin too.
 * @param isPage the path holds no data and starts nothing, so that a link on another site may lead there.
 */
export function foreignOriginProblem(
  from: RequestOrigin,
  o: { publicOrigin: string | undefined; isPage: boolean },
): string | undefined {
  if (from.origin !== undefined && !isOurs(from.origin, from.host, o.publicOrigin)) {
    return `Requests from the origin ${quoted(from.origin)} are refused; use the page that this server itself serves`;
  }
  if (from.fetchSite === undefined || from.fetchSite === 'same-origin' || from.fetchSite === 'none') return undefined;
  const followsLink = from.method === 'GET' && from.fetchMode === 'navigate' && from.fetchDest === 'document';
  if (o.isPage && followsLink) return undefined;
  return 'Requests made by pages of other sites are refused; use the page that this server itself serves';
}

/** Whether a browser has vouched that a page of ours made the request; a cookie alone proves only that a browser did. */
export function isVouchedSameOrigin(from: RequestOrigin): boolean {
  return from.origin !== undefined || from.fetchSite === 'same-origin' || from.fetchSite === 'none';
}

function isOurs(origin: string, host: string, publicOrigin: string | undefined): boolean {
  const spelled = origin.toLowerCase();
  if (publicOrigin !== undefined && spelled === publicOrigin) return true;
  return spelled === `http://${host.toLowerCase()}` || spelled === `https://${host.toLowerCase()}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
