from fastapi import FastAPI, Depends
from authx import AuthX
app = FastAPI()
auth = AuthX()
@app.get("/protected")
async def protected_route(payload = Depends(auth.ACCESS_REQUIRED)):
    return {"user": payload.sub}
