/** The way to the sign-in of the platform, which leads back to this page. */
export function SignIn() {
  const back = encodeURIComponent(location.pathname);
  return (
    <main class="gate">
      <div class="card gate-card">
        <h1>Qualys connector</h1>
        <p>The data is shown to people of your organisation who sign in and have the app role Read or Operate.</p>
        <a class="button primary" href={`/.auth/login/aad?post_login_redirect_uri=${back}`}>
          Sign in with Microsoft Entra ID
        </a>
      </div>
    </main>
  );
}
