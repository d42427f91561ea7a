// njs: the same checks of a token as the gateway's, at every request; {…} is filled in.
const key = Buffer.from('{spki}', 'base64')

async function check(r) {
  try {
    const parts = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(r.headersIn.authorization || '')
    const header = JSON.parse(Buffer.from(parts[1], 'base64url').toString())
    const claims = JSON.parse(Buffer.from(parts[2], 'base64url').toString())
    const curve = { name: 'ECDSA', namedCurve: 'P-256' }
    const imported = await crypto.subtle.importKey('spki', key, curve, false, ['verify'])
    const signed = Buffer.from(`${parts[1]}.${parts[2]}`)
    const how = { name: 'ECDSA', hash: 'SHA-256' }
    const isSigned = await crypto.subtle.verify(how, imported, Buffer.from(parts[3], 'base64url'), signed)
    const isMeant = claims.iss === '{issuer}' && claims.aud === 'bench' && claims.exp > Date.now() / 1000
    if (!isSigned || header.alg !== 'ES256' || !isMeant) return r.return(401)
    r.return(claims.scope.split(' ').includes('items:read') ? 204 : 403)
  } catch (_) {
    r.return(401)
  }
}

export default { check }
