# Require specific scopes
@app.get("/users")
async def list_users(
    payload = Depends(auth.scopes_required("users:read"))
):
    return {"users": []}
# Require multiple scopes (AND logic)
@app.delete("/users/{id}")
async def delete_user(
    id: int,
    payload = Depends(auth.scopes_required("users:read", "users:delete"))
):
    return {"message": f"User {id} deleted"}
# Require any of the scopes (OR logic)
@app.get("/admin")
async def admin_panel(
    payload = Depends(auth.scopes_required("admin", "superuser", all_required=False))
):
    return {"admin": True}
# Wildcard scopes
@app.get("/admin/users")
async def admin_users(
    payload = Depends(auth.scopes_required("admin:*"))
):
    # Matches any scope under "admin:"
    return {"users": []}
